"""What serves in place of the stored procedures of other connectors."""

from __future__ import annotations

PROCEDURES: dict[tuple[str, ...], str] = {
    ("GetOAuthAuthorizationURL",): "`url`, with `--json` for a program",
    ("GetOAuthAccessToken",): "`exchange`, with `--json` for a program",
    ("RefreshOAuthAccessToken",): "`refresh`, with `--json` for a program",
    ("GetAdminConsentURL",): "`admin-consent-url`",
    ("CreateSchema",): "nothing: the catalog has the schemas",
    ("FetchAdditionalUserFields",): "the stream `users`, which has all of them",
    ("GetAttachmentContentUrl",): "the streams `hosted_contents` and `drive_items`",
    ("GetUserActivityCount",): "the stream `user_activity`",
    (
        "ArchiveTeam",
        "CreateChat",
        "DeleteChat",
        "DeleteChatMessage",
        "DeleteMessage",
        "SendChatMessage",
        "SendMessage",
        "ShareSchedule",
        "UnArchiveTeam",
        "UpdateChat",
        "UpdateChatMessage",
        "UpdateMessage",
    ): "nothing: the tap never writes to Teams",
}
"""The stored procedures of other connectors, with the command or the stream that does the same."""
