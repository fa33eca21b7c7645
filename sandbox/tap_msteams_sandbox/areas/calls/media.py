"""Media: endpoints, devices, networks and streams of a call."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.instants import iso

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.areas.meetings.attendance import Attendee
    from tap_msteams_sandbox.company.company import Company

RECORDS = "#microsoft.graph.callRecords."

CLIENTS = (
    ("windows", "teams", "SkypeSpaces/1415/26.10.1.0 Windows/10.0", "1415/26.10.1.0"),
    ("macOS", "teams", "SkypeSpaces/1416/26.10.1.0 macOS/15.6", "1416/26.10.1.0"),
    ("iOS", "teams", "SkypeSpaces/7.19.1 TsCallingVersion=2026.40 (iPhone16,2)", "7.19.1"),
    ("android", "teams", "SkypeSpaces/1416/1.0.0.26 (SM-S931B Android 16)", "1416/1.0.0.26"),
    ("web", "azureCommunicationServices", "ACSWeb/1.38.1 (Firefox)", "1.38.1"),
    ("ipPhone", "skypeForBusiness", "UCCAPI/16.0.12527 OC/16.0.12527", None),
)
"""Platform, product, header and version of what people call with."""

PROCESSORS = (("AMD EPYC 7452 32-Core", 8, 2346), ("Apple M4", 10, 4400), (None, None, None))

RATINGS = ("excellent", "good", "fair", "poor", "notRated")

RATIOS = (
    "captureNotFunctioningEventRatio", "cpuInsufficentEventRatio", "deviceClippingEventRatio",
    "deviceGlitchEventRatio", "initialSignalLevelRootMeanSquare", "lowSpeechLevelEventRatio",
    "lowSpeechToNoiseEventRatio", "micGlitchRate", "renderMuteEventRatio",
    "renderNotFunctioningEventRatio", "renderZeroVolumeEventRatio", "speakerGlitchRate",
)  # fmt: skip

STREAM_RATIOS = (
    "averageAudioDegradation", "averagePacketLossRate", "averageRatioOfConcealedSamples",
    "averageReceivedFrameRate", "averageVideoFrameLossPercentage", "averageVideoFrameRate",
    "averageVideoPacketLossRate", "lowFrameRateRatio", "lowVideoProcessingCapabilityRatio",
    "maxPacketLossRate", "maxRatioOfConcealedSamples", "postForwardErrorCorrectionPacketLossRate",
)  # fmt: skip

DURATIONS = (
    "averageAudioNetworkJitter", "averageFreezeDuration", "averageJitter", "averageRoundTripTime",
    "maxAudioNetworkJitter", "maxJitter", "maxRoundTripTime", "rmsFreezeDuration",
)  # fmt: skip


def client(random: Random, tenant: Company, attendee: Attendee) -> dict[str, Any]:
    """Return the endpoint of a person."""
    platform, product, header, version = random.choice(CLIENTS)
    processor, cores, speed = random.choice(PROCESSORS)
    person = attendee.person
    who = {"id": attendee.id, "displayName": attendee.name, "tenantId": tenant.id}
    rated = random.random()
    feedback = {
        "rating": random.choice(RATINGS),
        "text": random.choice((None, "Ton brach zweimal ab", "声が途切れました", "fine 👍")),
        "tokens": {"NoSound": False, "Echo": rated < 0.05, "Noisy": True},  # noqa: PLR2004 (few)
    }
    return {
        "@odata.type": f"{RECORDS}participantEndpoint",
        "name": f"{platform}-{random.getrandbits(20):05x}".upper(),
        "cpuName": processor,
        "cpuCoresCount": cores,
        "cpuProcessorSpeedInMhz": speed,
        "userAgent": {
            "@odata.type": f"{RECORDS}clientUserAgent",
            "headerValue": header,
            "applicationVersion": version,
            "platform": platform,
            "productFamily": product,
            "azureADAppId": str(uuid.uuid5(uuid.NAMESPACE_DNS, product)),
            "communicationServiceId": tenant.id if platform == "web" else None,
        },
        "identity": {"application": None, "device": None, "user": who},
        "associatedIdentity": {
            "@odata.type": f"{RECORDS}userIdentity",
            **who,
            "userPrincipalName": person.principal_name,
        }
        if person
        else None,
        "feedback": feedback if rated < 0.2 else None,  # noqa: PLR2004 (few people give any)
    }


def service(random: Random) -> dict[str, Any]:
    """Return the endpoint of Teams itself."""
    role = random.choice(("mediaController", "skypeForBusinessAudioVideoMcu"))
    return {
        "@odata.type": f"{RECORDS}serviceEndpoint",
        "userAgent": {
            "@odata.type": f"{RECORDS}serviceUserAgent",
            "headerValue": "Mcu/4.9 (Media)",
            "applicationVersion": "4.9.0",
            "role": role,
        },
    }


def media(random: Random, modalities: list[str], start: int, end: int) -> list[dict[str, Any]]:
    """Return the media of a segment, one entry a kind."""
    labels = {"audio": "main-audio", "video": "main-video"}
    return [
        {
            "label": labels.get(kind, "applicationsharing-video"),
            "callerDevice": _device(random),
            "calleeDevice": _device(random),
            "callerNetwork": _network(random),
            "calleeNetwork": _network(random),
            "streams": [
                _stream(random, kind, way, start, end)
                for way in ("callerToCallee", "calleeToCaller")
            ],
        }
        for kind in modalities
    ]


def _device(random: Random) -> dict[str, Any]:
    name = random.choice(("Jabra Evolve2 65", "マイク配列 (Realtek)", "Default input device", None))
    return {
        "captureDeviceName": name,
        "captureDeviceDriver": f"{name}: 10.0.26100" if name else None,
        "renderDeviceName": name,
        "renderDeviceDriver": f"{name}: 10.0.26100" if name else None,
        "howlingEventCount": random.choice((0, 0, 1)),
        "receivedNoiseLevel": -random.randint(50, 90),
        "receivedSignalLevel": -random.randint(10, 40),
        "sentNoiseLevel": -random.randint(50, 90),
        "sentSignalLevel": -random.randint(10, 40),
        **{ratio: random.choice((0, 0, round(random.random(), 4), None)) for ratio in RATIOS},
    }


def _network(random: Random) -> dict[str, Any]:
    wifi = random.random() < 0.5  # noqa: PLR2004 (half of them)
    local = f"10.{random.randrange(256)}.{random.randrange(256)}"
    return {
        "ipAddress": f"{local}.{random.randrange(2, 250)}",
        "subnet": f"{local}.0",
        "port": random.randint(50_000, 50_059),
        "macAddress": f"00-15-5d-{random.randrange(256):02x}-00-01",
        "dnsSuffix": "halyard.example" if wifi else None,
        "reflexiveIPAddress": f"203.0.113.{random.randrange(1, 255)}",
        "relayIPAddress": "198.51.100.14",
        "relayPort": 3478,
        "linkSpeed": 1_000_000_000,
        "connectionType": "wifi" if wifi else "wired",
        "networkTransportProtocol": random.choice(("udp", "tcp")),
        "bandwidthLowEventRatio": round(random.random() / 50, 5),
        "delayEventRatio": 0,
        "receivedQualityEventRatio": round(random.random() / 50, 5),
        "sentQualityEventRatio": None,
        "basicServiceSetIdentifier": "00-53-00-5a-11-02" if wifi else None,
        "wifiBand": random.choice(("frequency50GHz", "frequency60GHz")) if wifi else "unknown",
        "wifiBatteryCharge": random.randint(10, 100) if wifi else None,
        "wifiChannel": 36 if wifi else None,
        "wifiMicrosoftDriver": "Wi-Fi 7 BE200" if wifi else None,
        "wifiMicrosoftDriverVersion": "Microsoft:10.0.26100.1" if wifi else None,
        "wifiRadioType": "wifi80211ax" if wifi else "unknown",
        "wifiSignalStrength": random.randint(40, 99) if wifi else None,
        "wifiVendorDriver": "Wi-Fi 7 BE200 160MHz" if wifi else None,
        "wifiVendorDriverVersion": "23.60.1.2" if wifi else None,
        "traceRouteHops": [
            {"hopCount": hop, "ipAddress": f"{local}.{hop}", "roundTripTime": _duration(random)}
            for hop in range(1, random.randint(1, 3))
        ],
    }


def _stream(random: Random, kind: str, way: str, start: int, end: int) -> dict[str, Any]:
    audio = kind == "audio"
    return {
        "streamId": str(random.getrandbits(31)),
        "streamDirection": way,
        "startDateTime": iso(start),
        "endDateTime": iso(end),
        "audioCodec": random.choice(("satin", "opus", "silkWide")) if audio else None,
        "videoCodec": None if audio else random.choice(("h264", "av1")),
        "averageBandwidthEstimate": random.randint(10**6, 10**10),
        "packetUtilization": random.randint(100, 99_999),
        "isAudioForwardErrorCorrectionUsed": audio,
        "wasMediaBypassed": random.choice((False, None)),
        **{ratio: random.choice((None, round(random.random(), 5))) for ratio in STREAM_RATIOS},
        **{name: random.choice((None, _duration(random))) for name in DURATIONS},
    }


def _duration(random: Random) -> str:
    """Return a short time in ISO 8601."""
    return f"PT{random.randint(0, 400) / 1000}S"
