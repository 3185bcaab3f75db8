"""What schemathesis cannot know: which names there are in this home, and which of them the caller may not read.

`DOORWARD_CREDS` is the file that `doorward demo --creds-file` writes, `DOORWARD_ROLE` the user whose token is used, or
`none`. What is asked is as random as schemathesis makes it; half of what is well formed names things that are there.
"""

import json
import os
import random
import re
import urllib.request

import schemathesis

CREDS = json.load(open(os.environ["DOORWARD_CREDS"], encoding="utf-8"))
ROLE = os.environ["DOORWARD_ROLE"]
# Not the one of the standard library's module: schemathesis seeds that, and asks it in an order of its own.
RANDOM = random.Random(20261126)


def ask(user, path, body=None):
    """Returns what a user is answered on a path."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(CREDS["url"] + path, data, {"Content-Type": "application/json"})
    request.add_header("Authorization", "Bearer " + CREDS["users"][user]["token"])
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def entities(user):
    return {state["entity_id"] for state in ask(user, "/api/states")}


ALL = sorted(entities("owner"))
MINE = set() if ROLE == "none" else entities(ROLE)
FORBIDDEN = sorted(set(ALL) - MINE)
assert ALL and (ROLE in ("owner", "admin") or len(FORBIDDEN) > 50), "there is nothing that could leak"
ANY_FORBIDDEN = re.compile(r"(?<![a-z0-9_.])(?:" + "|".join(map(re.escape, FORBIDDEN)) + r")(?![a-z0-9_])")

# Whose right to ask ends with them is left alone: the run would only hear 401 from there on.
USERS = [user["id"] for user in ask("owner", "/api/doorward/users") if user["username"] not in ("owner", "admin", ROLE)]
GROUPS = [group["id"] for group in ask("owner", "/api/doorward/groups")]
TOKENS = [token["id"] for token in ask("owner", "/api/doorward/tokens") if token["user_id"] in USERS]
FLOWS = "/api/config/config_entries/flow"
for given in CREDS["flow"]["input"]:
    begun = ask("owner", FLOWS, {"handler": CREDS["flow"]["handler"]})
    ask("owner", f"{FLOWS}/{begun['flow_id']}", given)
ENTRIES = [entry["entry_id"] for entry in ask("owner", "/api/config/config_entries/entry")]
HANDLERS = ask("owner", "/api/config/config_entries/flow_handlers")
# What stops or restarts the hub ends the run.
ENDS = {("homeassistant", "stop"), ("homeassistant", "restart")}
SERVICES = {
    listed["domain"]: [name for name in listed["services"] if (listed["domain"], name) not in ENDS]
    for listed in ask("owner", "/api/services")
}
TEMPLATES = [
    "{{ states('%s') }}",
    "{{ states | map(attribute='entity_id') | join(' ') }}{# %s #}",
    "{{ expand('%s') | list }}",
    "{{ area_entities(area_id('%s')) }}",
    "{{ device_attr(device_id('%s'), 'name') }}",
    "{{ states.lock | list }}{{ state_attr('%s', 'friendly_name') }}",
]


def entity():
    """Returns an entity that is there: as often as not one that the caller may read."""
    return RANDOM.choice(sorted(MINE) if MINE and RANDOM.random() < 0.5 else ALL)


NAMES = {
    "entity_id": entity,
    "user_id": lambda: RANDOM.choice(USERS),
    "group_id": lambda: RANDOM.choice(GROUPS),
    "token_id": lambda: RANDOM.choice(TOKENS),
    "entry_id": lambda: RANDOM.choice(ENTRIES),
    "event_type": lambda: RANDOM.choice(["state_changed", "call_service", "mine"]),
    "template": lambda: RANDOM.choice(TEMPLATES) % entity(),
}


def with_names(members):
    """Puts things that are there in the place of names that were made up."""
    return {name: NAMES[name]() if name in NAMES else value for name, value in members.items()}


@schemathesis.hook
def before_call(ctx, case, kwargs):
    is_malformed = case.meta is not None and case.meta.generation.mode.is_negative
    # No service has a name that was made up.
    is_service = case.path == "/api/services/{domain}/{service}"
    if is_malformed or (not is_service and RANDOM.random() < 0.5):
        return
    if is_service:
        one = entity()
        # Some entities have no service of their own.
        domain = one.split(".")[0] if one.split(".")[0] in SERVICES else "homeassistant"
        case.path_parameters = {"domain": domain, "service": RANDOM.choice(SERVICES[domain])}
        case.body = {"entity_id": RANDOM.choice(["all", one, [one, entity()]])}
        return
    # What is put there is looked at anew, and what is encoded already is then no moment any more.
    if case.path_parameters and NAMES.keys() & case.path_parameters.keys():
        case.path_parameters = with_names(case.path_parameters)
    if case.query:
        case.query = with_names(case.query)
    if isinstance(case.body, dict):
        case.body = with_names(case.body)
        if case.path == FLOWS:
            case.body["handler"] = RANDOM.choice(HANDLERS)
        if case.path == "/api/config/config_entries/options/flow":
            case.body["handler"] = RANDOM.choice(ENTRIES)


@schemathesis.check
def nothing_forbidden_is_shown(ctx, response, case):
    """No answer names an entity that the caller may not read, unless the caller has named it."""
    if not FORBIDDEN:
        return
    request = response.request
    said = str(request.url) + " " + str(request.body or "")
    named = set(ANY_FORBIDDEN.findall(response.text)) - set(ANY_FORBIDDEN.findall(said))
    assert not named, f"{ROLE} is shown {sorted(named)}"
    asked = (case.path_parameters or {}).get("entity_id")
    if asked in FORBIDDEN:
        assert response.status_code == 401, f"{ROLE} asked for {asked} and was not refused: {response.status_code}"


# Who may not use routes of an access level.
KEPT_FROM = {
    "none": {"authenticated", "entity:read", "service", "admin", "owner"},
    "admin": {"owner"},
    "owner": set(),
}.get(ROLE, {"admin", "owner"})


@schemathesis.check
def access_is_kept(ctx, response, case):
    """Nobody succeeds on a route that is for others."""
    access = case.operation.definition.raw["x-doorward-access"]
    if access in KEPT_FROM:
        assert response.status_code >= 400, f"{ROLE} was let in where `{access}` is needed: {response.status_code}"
