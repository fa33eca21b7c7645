-- Which calls had the worst quality?
select
    started_at,
    participants,
    round(cast(average_jitter_ms as numeric), 1) as jitter_ms,
    round(cast(100 * worst_packet_loss_rate as numeric), 1) as worst_loss_percent
from msteams__call_quality
where streams > 0
order by worst_packet_loss_rate desc nulls last, started_at
limit 5
