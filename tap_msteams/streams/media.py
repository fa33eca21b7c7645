"""Media: types of the endpoints, devices, networks and streams of a call.

https://learn.microsoft.com/graph/api/resources/callrecords-api-overview
"""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.schema import (
    FreeText,
    Identity,
    IdentitySet,
    Many,
    PersonalValue,
    Public,
    Untouched,
    counts,
    flags,
    moments,
    numbers,
    record,
    strings,
    texts,
)

FailureInfo = record(*texts("stage", "reason"))

UserAgent = record(
    th.Property("@odata.type", th.StringType, description="Of a client or of a service."),
    *texts("applicationVersion", "headerValue"),
    *texts("azureADAppId", "communicationServiceId", "platform", "productFamily"),
    th.Property("role", th.StringType, description="What a service does."),
)

Endpoint = record(
    th.Property(
        "@odata.type",
        th.StringType,
        description="participantEndpoint: somebody's device; serviceEndpoint: Teams itself.",
    ),
    *strings(PersonalValue, "name"),
    *texts("cpuName"),
    *counts("cpuCoresCount", "cpuProcessorSpeedInMhz"),
    th.Property("userAgent", UserAgent),
    th.Property("identity", IdentitySet),
    th.Property("associatedIdentity", Identity),
    th.Property(
        "feedback",
        record(*texts("rating"), *strings(FreeText, "text"), th.Property("tokens", Untouched())),
        description="What somebody said of the call afterwards.",
    ),
)

Device = record(
    *texts("captureDeviceDriver", "renderDeviceDriver"),
    *strings(PersonalValue, "captureDeviceName", "renderDeviceName"),
    *counts("howlingEventCount", "receivedNoiseLevel", "receivedSignalLevel"),
    *counts("sentNoiseLevel", "sentSignalLevel"),
    *numbers("captureNotFunctioningEventRatio", "cpuInsufficentEventRatio"),
    *numbers("deviceClippingEventRatio", "deviceGlitchEventRatio"),
    *numbers("initialSignalLevelRootMeanSquare", "lowSpeechLevelEventRatio"),
    *numbers("lowSpeechToNoiseEventRatio", "micGlitchRate", "renderMuteEventRatio"),
    *numbers("renderNotFunctioningEventRatio", "renderZeroVolumeEventRatio", "speakerGlitchRate"),
)

Network = record(
    *texts("connectionType", "networkTransportProtocol", "dnsSuffix"),
    *strings(Public, "relayIPAddress"),
    *strings(PersonalValue, "ipAddress", "subnet", "macAddress", "reflexiveIPAddress"),
    *strings(PersonalValue, "basicServiceSetIdentifier"),
    *counts("port", "relayPort", "linkSpeed"),
    *numbers("bandwidthLowEventRatio", "delayEventRatio"),
    *numbers("receivedQualityEventRatio", "sentQualityEventRatio"),
    *texts("wifiBand", "wifiRadioType", "wifiMicrosoftDriver", "wifiMicrosoftDriverVersion"),
    *texts("wifiVendorDriver", "wifiVendorDriverVersion"),
    *counts("wifiBatteryCharge", "wifiChannel", "wifiSignalStrength"),
    th.Property(
        "traceRouteHops",
        Many(
            record(
                *counts("hopCount"), *strings(PersonalValue, "ipAddress"), *texts("roundTripTime")
            )
        ),
    ),
)

MediaStream = record(
    *texts("streamId", "streamDirection", "audioCodec", "videoCodec"),
    *moments("startDateTime", "endDateTime"),
    *counts("averageBandwidthEstimate", "packetUtilization"),
    *flags("isAudioForwardErrorCorrectionUsed", "wasMediaBypassed"),
    # Durations as ISO 8601 spells them.
    *texts("averageAudioNetworkJitter", "averageFreezeDuration", "averageJitter"),
    *texts("averageRoundTripTime", "maxAudioNetworkJitter", "maxJitter", "maxRoundTripTime"),
    *texts("rmsFreezeDuration"),
    *numbers("averageAudioDegradation", "averagePacketLossRate"),
    *numbers("averageRatioOfConcealedSamples", "averageReceivedFrameRate"),
    *numbers("averageVideoFrameLossPercentage", "averageVideoFrameRate"),
    *numbers("averageVideoPacketLossRate", "lowFrameRateRatio"),
    *numbers("lowVideoProcessingCapabilityRatio", "maxPacketLossRate"),
    *numbers("maxRatioOfConcealedSamples", "postForwardErrorCorrectionPacketLossRate"),
)

Media = record(
    *texts("label"),
    th.Property("callerDevice", Device),
    th.Property("calleeDevice", Device),
    th.Property("callerNetwork", Network),
    th.Property("calleeNetwork", Network),
    th.Property("streams", Many(MediaStream)),
)
