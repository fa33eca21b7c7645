"""Prose: the texts of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

SLOTS = {
    "product": (
        "the MX-40 barometer", "the Fathom tide gauge", "the Skylark anemometer",
        "the HX-7 hygrometer", "the Pelican buoy", "the logger gateway",
    ),
    "customer": (
        "Nordlys Energi", "Castellan Energy", "BayMet", "the Port of Gdańsk", "Met Éireann",
        "Tohoku Fisheries", "the Alexandria Port Authority", "Serra Verde Wind",
    ),
    "day": ("Monday", "Tuesday", "Thursday", "Friday", "the 14th", "the end of the quarter"),
    "number": ("3", "12", "27", "140", "0.4", "2 100"),
    "place": ("Cork", "Leipzig", "Sendai", "Curitiba", "Pune", "Gdańsk", "Duluth"),
    "document": (
        "release notes", "calibration sheet", "test protocol", "price list", "risk register",
        "audit checklist", "onboarding plan", "budget draft",
    ),
}  # fmt: skip

OPENINGS = {
    "Engineering": (
        "Build {number} of {product} fails the cold start test again, log is in the usual place.",
        "I moved the watchdog reset into the bootloader. Review before {day}, please?",
        "Firmware 4.{number} for {product} is tagged. Changes: calibration table, sleep current.",
        "Flaky test on the {place} rig: the reference sensor drifts by {number} hPa over night.",
    ),
    "Sales": (
        "{customer} asks for a quote on {number} units of {product}, delivery before {day}.",
        "Good news: {customer} signed the framework agreement 🎉",
        "Who has been in touch with {customer} about {product}? They called me twice today.",
        "Forecast for {place} is {number} k above plan, details in the {document}.",
    ),
    "Customer Support": (
        "Ticket from {customer}: {product} reports {number} °C indoors. Known issue?",
        "Escalation: {customer} lost telemetry from {place} since {day}.",
        "Reminder: replacement units of {product} leave {place} on {day}.",
    ),
    "Operations": (
        "Line 2 in {place} stands still, waiting for housings of {product}.",
        "Shipment for {customer} is held at customs, they want the {document}.",
        "Yield on {product} is back at {number} % after the new torque setting.",
    ),
    "Product": (
        "User interviews with {customer} are done, the notes are in the {document}.",
        "Should {product} show trends over {number} hours or over a week? Vote below 👇",
        "The roadmap review moves to {day}.",
    ),
    "Finance": (
        "Please book open invoices of {customer} before {day}.",
        "The {document} for {place} is {number} k short, who can explain?",
        "Travel policy changes on {day}: rail first below {number} hours.",
    ),
    "People": (
        "We have {number} applications for the opening in {place}. Interviews start on {day}.",
        "The {document} is updated, thanks to everyone who commented.",
        "Payroll closes on {day}; late time sheets go into the next run.",
    ),
    "Marketing": (
        "The case study with {customer} is ready for a last look.",
        "Stand at the Hamburg fair is booked, we show {product} live.",
        "Newsletter goes out on {day}, deadline for texts is noon.",
    ),
    "IT": (
        "Maintenance window on {day}, 20:00 to 22:00 UTC: VPN in {place}.",
        "Please restart your laptop before {day}, the update closes {number} holes.",
        "New licences for the CAD seats in {place} have arrived.",
    ),
    "Legal": (
        "{customer} sent back the NDA with {number} changes.",
        "The {document} needs a signature before {day}.",
    ),
}

LOCAL_OPENINGS = {
    "de-DE": ("Der Prüfstand in {place} ist ab {day} wieder frei.", "Wer übernimmt {customer}?"),
    "ja-JP": ("{product} の校正結果を共有します。", "{customer} 様との打ち合わせは {day} です。"),
    "pt-BR": ("A linha em {place} já voltou, obrigado a todos! 🙌", "Alguém viu a {document}?"),
    "pl-PL": ("Zażółć gęślą jaźń, test kodowania dla {product} 😄", "Dostawa z {place} w drodze."),
    "ar-EG": ("وصلت الشحنة إلى الإسكندرية، شكرًا للجميع", "اجتماع {customer} يوم {day}"),
    "en-IN": ("Kindly share the {document} for {customer} by {day}.",),
}

ANSWERS = (
    "On it.", "Thanks!", "Done, please check.", "👍", "Can we talk about this tomorrow?",
    "I see the same in {place}.", "Sent you the {document}.", "Not before {day}, sorry.",
    "Good catch, fixed in build {number}.", "{customer} confirmed by phone.",
    "Why not ask {place}? They had this with {product}.", "+1", "Closing this one.",
    "Ich schaue mir das heute Nachmittag an.", "了解しました。", "Perfeito, obrigada!",
    "That explains the {number} missing readings: the clock was wrong.", "Agreed &amp; noted.",
)  # fmt: skip

SUBJECTS = (
    "Weekly summary", "Action needed", "Decision", "Welcome!", "Outage in {place}",
    "Minutes of {day}", "Release of {product}",
)  # fmt: skip

TEAM_TOPICS = (
    "Firmware", "Customer Care", "Plant Leipzig", "Sales EMEA", "Project Albatross", "Finance",
    "People & Culture", "IT Service Desk", "Product Council", "Quality", "Marketing Studio",
    "Legal & Compliance", "Project Skua", "Sales Americas", "Field Service", "Wind Farm Alliance",
    "Supply Chain", "Project Petrel", "Data Platform", "Works Council", "Sales APAC", "Research",
)  # fmt: skip

CHANNEL_TOPICS = (
    "Announcements", "Releases", "Incidents", "Planning", "Watercooler", "Customers", "Hiring",
    "Budget", "Test Rig", "Suppliers", "Ideas", "Travel", "Onboarding", "仙台オフィス", "Qualität",
    "Reviews", "Shift Handover", "Roadmap", "Audit 2026", "Field Notes",
)  # fmt: skip


def fill(random: Random, text: str) -> str:
    """Return the text with each slot filled once."""
    if "{" not in text:
        return text
    return text.format_map({slot: random.choice(words) for slot, words in SLOTS.items()})


def opening(random: Random, department: str, language: str) -> str:
    """Return the first post of a thread."""
    local = LOCAL_OPENINGS.get(language)
    lines = local if local and not random.randrange(4) else OPENINGS[department]
    return fill(random, random.choice(lines))


def answer(random: Random) -> str:
    """Return a reply."""
    return fill(random, random.choice(ANSWERS))
