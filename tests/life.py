"""What people do in all parts of Teams."""

from __future__ import annotations

from random import Random

from tap_msteams_sandbox.areas.calls import Calls, Telephony
from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.areas.files import Files
from tap_msteams_sandbox.areas.meetings import Meetings
from tap_msteams_sandbox.areas.shifts import Shifts
from tap_msteams_sandbox.areas.workspace.tags import Tags
from tap_msteams_sandbox.instants import DAY


class Life:
    """What people do in a tenant."""

    def __init__(self, tenant):
        self.tenant = tenant
        self.chats, self.files = tenant.part(Chats), tenant.part(Files)

    def do(self, act):
        chance = Random(act.seed)
        getattr(self, act.what)(chance)

    def day(self, _):
        self.tenant.change()

    def chat(self, chance):
        every = [it for it in self.chats.all.values() if it.audience and not it.foreign]
        if not every:
            return
        chat = chance.choice(every)
        alive = [str(it.id) for it in chat.visible() if not it.deleted]
        people = [it.id for it in self.tenant.people if it.licensed]
        match chance.randrange(9):
            case 0:
                self.chats.close(chat.id)
            case 1:
                self.chats.open(chance.sample(people, min(3, len(people))), "New")
            case 2 if people:
                self.chats.add_member(chat.id, chance.choice(people))
            case 3 if len(chat.audience) > 1:
                self.chats.remove_member(chat.id, chat.audience[-1].id)
            case 4 if alive:
                self.chats.delete(chat.id, chance.choice(alive))
            case 5 if alive:
                self.chats.react(chat.id, chance.choice(alive))
            case 6 if alive:
                self.chats.pin(chat.id, chance.choice(alive))
            case _:
                self.chats.post(chat.id, "Hi")

    def file(self, chance):
        drives = [it for it in self.files.all() if not it.system]
        if not drives:
            return
        drive = chance.choice(drives)
        # What is in a folder that is renamed does not come again.
        items = [
            it.id for it in drive.items.values() if it.parent and not it.deleted and not it.folder
        ]
        match chance.randrange(6):
            case 0:
                self.files.forget(drive.id)
            case 1 if items:
                self.files.delete(drive.id, chance.choice(items))
            case 2 if items:
                self.files.rename(drive.id, chance.choice(items), f"{chance.random()}.docx")
            case 3 if items:
                self.files.edit(drive.id, chance.choice(items))
            case _:
                self.files.upload(drive.id)

    def call(self, chance):
        calls = self.tenant.part(Calls)
        recent = [it for it in calls.all() if it.start > self.tenant.now() - DAY]
        if recent and chance.random() < 0.5:
            calls.rebuild(chance.choice(recent).id)
        else:
            calls.call()
            self.tenant.part(Telephony).call()

    def meet(self, chance):
        meetings = list(self.tenant.part(Meetings).visible())
        if meetings:
            self.tenant.part(Meetings).hold(chance.choice(meetings).id)

    def work(self, chance):
        shifts = self.tenant.part(Shifts)
        for team in self.tenant.teams.values():
            if (found := shifts.of(team)) and found.row["enabled"]:
                shifts.add(team.id, chance.choice(["shifts", "timeCards", "dayNotes"]))
                for row in list(found.rows["shifts"])[:1]:
                    shifts.remove(team.id, "shifts", row)

    def team(self, chance):
        teams = list(self.tenant.teams)
        if not teams or chance.random() < 0.2:
            self.tenant.add_team(messages=3)
            return
        team = chance.choice(teams)
        channel = chance.choice(list(self.tenant.teams[team].channels))
        match chance.randrange(5):
            case 0:
                self.tenant.remove_team(team)
            case 1:
                self.tenant.add_channel(team)
            case 2:
                self.tenant.part(Tags).add(team)
            case _:
                place = "https://graph.microsoft.com/v1.0/x/messages/1/hostedContents"
                if self.tenant.teams[team].channels[channel].audience:
                    self.tenant.post(team, channel, f'<img src="{place}/{chance.random()}/$value">')
