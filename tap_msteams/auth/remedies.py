"""Remedies for refusals of Entra ID, in the words of the way to sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_msteams.settings.methods import AuthMethod

_SCOPES = "the permissions asked for are not valid: check 'scopes'"
_RESTRICTED = "tenant restrictions of this network bar this tenant: ask its administrator"
_PERSONAL = (
    "the application is for personal Microsoft accounts only, which have no Teams: choose other "
    "supported account types in its registration"
)
_OTHER_CLOUD = "the tenant belongs to another cloud: check 'cloud'"

REMEDIES = {
    16000: "the user's account is not in this tenant, or one of several has to be chosen: {guest}",
    16003: "the user has not been added to this tenant: {guest}",
    28002: _SCOPES,
    28003: _SCOPES,
    50001: "there is no such service in this tenant: check 'graph_url' and 'cloud'",
    50002: _RESTRICTED,
    50005: "conditional access does not let this kind of device in: {policy}",
    50011: "the redirect URI is not one of the app registration's: register 'redirect_uri' exactly "
    "as it is set, for mobile and desktop or web as the application is",
    50012: "the certificate is not accepted: {certificate}",
    50013: "the signature of the client assertion is wrong: {certificate}",
    50014: "the guest has not accepted the invitation, or does not exist here: {guest}",
    50020: "the user does not belong to this tenant: {guest}",
    50027: "the client assertion is garbled: check the certificate or 'federated_token_file'",
    50033: "Entra ID is busy: try again later",
    50034: "the user does not exist in this tenant: {guest}",
    50053: "the user's account is locked, or this address is blocked: ask an administrator",
    50055: "the user's password has expired: change it, then {again}",
    50057: "the user's account is disabled: enable it, or sign in as another user, whose "
    "'refresh_token' replaces this one",
    50058: "the user is not signed in any more: {again}",
    50059: "nothing says which tenant this is: {tenant}",
    50072: "the user has to set up multi-factor authentication: {again}",
    50074: "the user has to pass multi-factor authentication: {again}",
    50076: "the user has to pass multi-factor authentication: {again}",
    50078: "the user's multi-factor authentication has expired: {again}",
    50079: "the user has to set up multi-factor authentication: {again}",
    50085: "the user's other identity provider has to sign them in: {again}",
    50087: "the second factor could not be checked: try again later",
    50089: "the sign-in took too long: {again}",
    50097: "conditional access wants to know the device: {policy}",
    50105: "the user is not assigned to the application: assign them in the Entra admin center",
    50125: "the user has to set up how to reset a password: {again}",
    50126: "the user's name or password is wrong: {again}",
    50128: "there is no such tenant: check 'tenant_id'",
    50129: "conditional access wants a registered device: {policy}",
    50131: "conditional access blocks this sign-in: {policy}",
    50132: "the user's sessions were revoked: {again}",
    50133: "the user's password has changed: {again}",
    50134: "the code was entered in another region than the one that gave it: {device}, or sign in "
    "in a browser",
    50135: "the user's password has to be changed, since it is at risk: change it, then {again}",
    50140: "the sign-in was interrupted: {again}",
    50144: "the user's password has expired: change it, then {again}",
    50148: "the authorization code belongs to another sign-in: {code}",
    50155: "the device could not prove itself: {policy}",
    50158: "another service has to confirm the sign-in: {again}",
    50173: "the refresh token was revoked: {again}",
    50194: "the application is registered for one tenant: set 'tenant_id' to that tenant",
    50196: "too many like requests came in a short time: wait a few minutes",
    50197: "the user could not be found: {again}",
    50199: "the user has to confirm that it is this application: {again}",
    51004: "the user does not exist in this tenant: {guest}",
    53000: "conditional access wants a managed device: {policy}",
    53001: "conditional access wants a device of the organization: {policy}",
    53002: "conditional access does not approve of this application: {policy}",
    53003: "conditional access blocks this sign-in: {policy}",
    53004: "the user has to set up multi-factor authentication: {again}",
    53010: "multi-factor authentication can only be set up elsewhere: {policy}",
    53011: "the user is blocked as a risk: ask an administrator",
    54005: "the authorization code was used before, and it works once: {code}",
    65001: "consent is missing: {grant}",
    65002: "the application is one of Microsoft's own, to which nobody can grant this permission: "
    "use an app registration of your own",
    65004: "the user declined: sign in again and accept the permissions",
    65005: "the app registration lists no permissions of Graph: add them in the Entra admin center",
    70000: "the refresh token or code is not valid for this application: check 'client_id', or "
    "{again}",
    70001: "the application is disabled or unknown: check 'client_id' in the Entra admin center",
    70002: "the client secret is wrong: set 'client_secret' to the secret's value, not its id",
    70008: "the refresh token or authorization code has expired: {again}",
    70011: _SCOPES,
    70016: "nobody has entered the device code yet",
    70018: "the device code is not valid: {device}",
    70019: "the device code has expired: {device}",
    70020: "the device code has expired: {device}",
    70021: "no federated credential matches the token of the identity provider: {federation}",
    70043: "a sign-in policy ended the refresh token: {again}",
    90002: "there is no such tenant in this cloud: check 'tenant_id' and 'cloud'",
    90006: "Entra ID is busy: try again later",
    90008: "consent is missing: {consent}",
    90009: "the application asks for a token to itself: check 'graph_url' and 'scopes'",
    90012: "Entra ID took too long: try again later",
    90014: "the sign-in lacks something: check 'client_id' and 'client_secret'",
    90019: "nothing says which tenant this is: {tenant}",
    90024: "Entra ID is busy: try again later",
    90033: "Entra ID has no access to its directory: try again later",
    90038: _OTHER_CLOUD,
    90055: "Entra ID gets too many requests from this tenant: try again later",
    90072: "the user's account is not in this tenant: {guest}",
    90090: "Entra ID is busy: try again later",
    90094: "an administrator has to consent: {consent}",
    90095: "an administrator has to consent: {consent}",
    90099: "the application is not authorized in this tenant of a partner's customer: {consent}",
    90119: "the device code is empty: {device}",
    90120: "the device code was used or declined: {device}",
    90124: "Graph's tokens come from one tenant: {tenant}",
    90130: "the application is not for accounts of every kind: set 'tenant_id' to its tenant",
    135011: "the device that the user signed in on is disabled: {again}",
    500011: "this tenant does not know Graph by that address: check 'graph_url' and 'cloud'",
    500014: "Graph is disabled in this tenant, or a subscription has lapsed: ask an administrator",
    500021: _RESTRICTED,
    500022: _RESTRICTED,
    500112: "the code was asked for with another redirect URI: set 'redirect_uri' as it was then",
    500113: "the app registration has no redirect URI: register 'redirect_uri' there",
    500133: "the clock of this machine is wrong: set it",
    500200: "this is a personal Microsoft account: sign in with a work or school account",
    500208: "this is a personal Microsoft account, or of a kind that this tenant refuses: sign in "
    "with a work or school account",
    500212: "a policy of the user's organization bars this tenant: ask its administrator",
    500213: "a policy of this tenant bars the user: ask its administrator",
    501481: "the authorization code belongs to another sign-in: {code}",
    530003: "conditional access wants a registered device: {policy}",
    530032: "a security policy blocks this sign-in: {policy}",
    530035: "security defaults block this sign-in: {policy}",
    530036: "conditional access blocks device codes, and sign-ins that used one: {browser}",
    650052: "this tenant has not subscribed to the service: ask an administrator",
    650053: "Graph has no such delegated permission: check the spelling in 'scopes'",
    650054: "what the tap asks for no longer exists: check 'scopes', 'graph_url' and 'cloud'",
    650056: "the app registration lists no permissions of Graph, or consent is missing: {consent}",
    650057: "the app registration does not list Graph: add its permissions in the Entra admin "
    "center",
    700003: "the device that the user signed in on was removed: {again}",
    700005: "the authorization code is for another tenant: check 'tenant_id', or {code}",
    700011: "this tenant does not know the application: check 'client_id' and 'tenant_id'",
    700016: "this tenant does not know the application: check 'client_id' and 'tenant_id'",
    700020: "the user has to do something: {again}",
    700021: "the client assertion is for another application: check 'client_id'",
    700022: "the permissions belong to several services: name only Graph's in 'scopes'",
    # The reference has another error under this number, about scopes without a service.
    700023: "the client assertion is for another authority, or a permission names no service: "
    "check 'tenant_id', 'cloud', 'authority_host' and 'scopes'",
    700024: "the client assertion has expired or is not valid yet: set the clock of this machine, "
    "and check that 'federated_token_file' is renewed",
    700025: "the application is a public client, which has no secret: remove 'client_secret' or "
    "the certificate",
    700027: "the application does not know this certificate: {certificate}",
    700030: "the certificate's subject name is not one that the application trusts: check the "
    "certificate and 'client_id'",
    700082: "the refresh token was not used for 90 days: {again}",
    700084: "the refresh token of a single-page application ends after 24 hours: {again}",
    700211: "no federated credential trusts the issuer of the identity provider's token: "
    "{federation} ('client_id'), its issuer above all",
    700212: "no federated credential has the audience of the identity provider's token, which has "
    "to be api://AzureADTokenExchange: {federation} ('client_id')",
    700213: "no federated credential has the subject of the identity provider's token: "
    "{federation} ('client_id'), its subject above all",
    700222: "the identity provider is Entra ID itself, whose tokens a federated credential does "
    "not take: set 'federated_token_file' to the token of another one",
    700229: "the identity provider's token is a user's, and only an application's will do: check "
    "'federated_token_file'",
    900023: "'tenant_id' has to be the GUID or a domain of one tenant",
    900144: "the sign-in lacks something: check 'client_id', 'redirect_uri' and the credential",
    900382: _OTHER_CLOUD,
    900432: _OTHER_CLOUD,
    900941: "Microsoft takes the application for a risk, and an administrator has to consent: "
    "{consent}",
    900971: "the app registration has no redirect URI: register 'redirect_uri' there",
    1000031: "the application cannot be used at this time: ask an administrator",
    1002012: "an application can request a token only for all of Graph: check 'graph_url'",
    5000225: "the tenant was blocked after a long time without use: ask an administrator to have "
    "it reactivated, which Microsoft does within 20 days",
    7000112: "the application is disabled: enable it in the Entra admin center",
    7000113: "the client assertion is for another application: check 'client_id'",
    7000215: "the client secret is wrong: set 'client_secret' to the secret's value, not its id",
    7000216: "the application sent no credential: set 'client_secret' or a certificate",
    7000218: "the application is a confidential client: set its 'client_secret' or certificate, or "
    "allow public client flows in the app registration",
    7000222: "the client secret has expired: create a new one and set 'client_secret'",
    7000229: "the application has no service principal in this tenant: {consent}",
    9001023: "this way to sign in needs a tenant: {tenant}",
    9002313: "the refresh token or code is incomplete or garbled: copy 'refresh_token' or the "
    "address that the browser ended at again",
    9002325: "the application is of the single-page kind, which this tap is not: register "
    "'redirect_uri' for mobile and desktop",
    9002327: "the refresh token belongs to a single-page application: register 'redirect_uri' for "
    "mobile and desktop, then {again}",
    9002331: _PERSONAL,
    9002332: "the application is for work and school accounts: set 'tenant_id' to the tenant's "
    "GUID or domain, and not to consumers",
    9002341: "the user has not permitted the application to sign them in: {again}",
    9002346: _PERSONAL,
}
"""Remedies by number; names in braces are filled in by `words`.

https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
That page leaves out 50148, 70020, 70021, 500014, 500112, 500113, 530003, 650053, 700003, 700021,
700024, 700211 to 700213, 900023, 1002012, 7000113, 7000216, 7000229, 9002325, 9002327, 9002331,
9002341 and 9002346, which https://login.microsoftonline.com/error?code=NUMBER explains, and
500200 https://learn.microsoft.com/en-us/azure/developer/azure-mcp-server/troubleshooting
530036 https://learn.microsoft.com/en-us/entra/identity/conditional-access/concept-authentication-flows
700222 https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation-considerations
900941 https://learn.microsoft.com/en-us/entra/identity/enterprise-apps/application-sign-in-unexpected-user-consent-error
5000225 https://learn.microsoft.com/en-us/entra/fundamentals/inaccessible-tenant
"""

BY_NAME = {
    "access_denied": "the sign-in was cancelled or declined: sign in again and accept",
    "authorization_declined": "the sign-in was declined: {device} and accept",
    "authorization_pending": "nobody has entered the device code yet",
    "bad_verification_code": "the device code is not valid: {device}",
    "consent_required": "consent is missing: {consent}",
    "expired_token": "the device code has expired: {device}",
    "interaction_required": "the user has to do something: {again}",
    "invalid_grant": "the refresh token or code is not valid any more: {again}",
    "login_required": "the user has to sign in: {again}",
    "temporarily_unavailable": "Entra ID is busy: try again later",
}
"""Remedies by name, for numbers that are not in the table.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow
"""


_WORDS = {
    "certificate": "check that this very certificate is uploaded to the app registration of "
    "'client_id'",
    "code": "sign in again for a new authorization code",
    "federation": "check the federated credential of the app registration",
    "guest": "check 'tenant_id', or have an administrator invite the user",
    "tenant": "set 'tenant_id' to the tenant of the user or application",
}
"""The words that are the same for each way to sign in."""


def words(method: AuthMethod, tenant: str | None = None) -> dict[str, str]:
    """The words for a way to sign in, by their name in a remedy."""
    if method == "azure_cli":
        az = f"`az login --tenant {tenant or 'TENANT'}`"
        own = (
            "the Azure CLI is an application of Microsoft's, to which nobody can grant more: use "
            "an app registration of your own ('auth_method' refresh_token)"
        )
        return {
            **_WORDS,
            "again": f"sign in again with {az}",
            "browser": f"sign in with {az} in a browser",
            "device": f"run {az} again",
            "policy": f"ask an administrator which policy applies, or sign in again with {az}",
            "consent": own,
            "grant": own,
        }
    page = (
        "have an administrator grant the application's permissions, on the page that "
        "`tap-msteams admin-consent-url` gives"
    )
    if method == "refresh_token":
        again = "sign in again with `tap-msteams login`, or set a new 'refresh_token'"
        once = "have the user sign in once with `tap-msteams login --prompt consent`"
        return {
            **_WORDS,
            "again": again,
            "browser": "sign in with `tap-msteams login` in a browser, or with `tap-msteams url` "
            "and `tap-msteams exchange`",
            "device": "run `tap-msteams login --device-code` again",
            "policy": f"ask an administrator which policy applies, or {again}",
            "consent": page,
            "grant": f"{once}, or {page}, or ask for fewer in 'scopes'",
        }
    if method == "managed_identity":
        page = "have an administrator assign Graph's permissions to the identity"
    policy = (
        "no user can help an application: ask an administrator which policy for workload "
        "identities applies to it"
    )
    same = dict.fromkeys(("again", "browser", "device", "policy"), policy)
    return {**_WORDS, **same, "consent": page, "grant": page}


SIGN_IN_LOG: dict[AuthMethod, str] = {
    "service_principal": "Service principal sign-ins",
    "workload_identity": "Service principal sign-ins",
    "managed_identity": "Managed identity sign-ins",
    "refresh_token": "User sign-ins (non-interactive), or (interactive) for a login",
    "azure_cli": "User sign-ins (non-interactive), or (interactive) for a login",
}
"""Where the sign-in log shows a refusal, by way to sign in.

https://learn.microsoft.com/en-us/entra/identity/monitoring-health/concept-sign-ins
"""
