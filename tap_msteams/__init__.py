"""A Singer tap for Microsoft Teams, over Microsoft Graph."""
