-- What somebody asked Copilot on a day (UTC) in an app, and its answers.
with interaction as (
    select
        cast(created_date_time as date) as day,
        user_id,
        coalesce(replace(app_class, 'IPM.SkypeTeams.Message.Copilot.', ''), 'unknown') as app,
        session_id,
        interaction_type
    from {{ ref("stg_msteams__copilot_interactions") }}
)
select
    interaction.day,
    interaction.user_id,
    person.display_name as user_name,
    person.department,
    interaction.app,
    count(case when interaction.interaction_type = 'userPrompt' then 1 end) as prompts,
    count(case when interaction.interaction_type = 'aiResponse' then 1 end) as answers,
    count(distinct interaction.session_id) as conversations
from interaction
left join {{ ref("stg_msteams__users") }} as person on person.id = interaction.user_id
group by
    interaction.day, interaction.user_id, person.display_name, person.department, interaction.app
