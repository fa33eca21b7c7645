-- Streams of media in calls, with what was measured of them.
with media as (
    select
        segment.call_id,
        segment.session_id,
        segment.id as segment_id,
        item.position as media_position,
        {{ item("label") }} as label,
        {{ item("streams", "json") }} as streams
    from {{ ref("stg_msteams__call_segments") }} as segment
    {{ items("segment.media") }}
)
select
    media.call_id,
    media.session_id,
    media.segment_id,
    media.media_position,
    media.label,
    item.position,
    {{ item("streamId") }} as stream_id,
    {{ item("streamDirection") }} as direction,
    {{ item("startDateTime", "timestamp") }} as started_at,
    {{ item("endDateTime", "timestamp") }} as ended_at,
    {{ duration_seconds(item("averageRoundTripTime")) }} * 1000 as average_round_trip_ms,
    {{ duration_seconds(item("averageJitter")) }} * 1000 as average_jitter_ms,
    {{ item("averagePacketLossRate", "double precision") }} as average_packet_loss_rate,
    {{ item("averageAudioDegradation", "double precision") }} as average_audio_degradation,
    {{ item("wasMediaBypassed", "boolean") }} as was_media_bypassed
from media
{{ items("media.streams") }}
