-- Calls with their participants, failures and the quality of their media.
with participant as (
    select call_id, count(*) as participants
    from {{ ref("msteams__call_participants") }}
    group by call_id
),
session as (
    select
        call_id,
        count(*) as sessions,
        count(case when failure_info_json is not null then 1 end) as failed_sessions
    from {{ ref("stg_msteams__call_sessions") }}
    group by call_id
),
stream as (
    select
        call_id,
        count(*) as streams,
        avg(average_round_trip_ms) as average_round_trip_ms,
        max(average_round_trip_ms) as slowest_round_trip_ms,
        avg(average_jitter_ms) as average_jitter_ms,
        avg(average_packet_loss_rate) as average_packet_loss_rate,
        max(average_packet_loss_rate) as worst_packet_loss_rate
    from {{ ref("msteams__call_streams") }}
    group by call_id
)
select
    call.id as call_id,
    call.type,
    call.start_date_time as started_at,
    call.end_date_time as ended_at,
    {{ seconds("call.start_date_time", "call.end_date_time") }} / 60 as minutes,
    {{ json_value("call.organizer_v2_json", ["identity", "user", "id"], "text") }} as organizer_id,
    organizer.display_name as organizer_name,
    coalesce(participant.participants, 0) as participants,
    coalesce(session.sessions, 0) as sessions,
    coalesce(session.failed_sessions, 0) as failed_sessions,
    coalesce(stream.streams, 0) as streams,
    stream.average_round_trip_ms,
    stream.slowest_round_trip_ms,
    stream.average_jitter_ms,
    stream.average_packet_loss_rate,
    stream.worst_packet_loss_rate
from {{ ref("stg_msteams__call_records") }} as call
left join {{ ref("stg_msteams__users") }} as organizer
    on organizer.id
    = {{ json_value("call.organizer_v2_json", ["identity", "user", "id"], "text") }}
left join participant on participant.call_id = call.id
left join session on session.call_id = call.id
left join stream on stream.call_id = call.id
