from __future__ import annotations

import time

import pytest
import requests

from tap_msteams_sandbox import Sandbox, Tenant
from tap_msteams_sandbox.faults import SIGN_IN_KINDS, Fault, FaultError
from tap_msteams_sandbox.identity.aadsts import REFUSALS


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(tenant=Tenant(teams=1, users=3), auth="managed_identity") as sandbox:
        yield sandbox


@pytest.fixture
def entra(sandbox):
    """Ask Entra ID for an application's token while these faults are planned."""

    def ask(*faults, timeout=None):
        sandbox.faults.clear()
        sandbox.faults.add(*faults)
        facts = sandbox.facts()
        url = f"{facts.authority_host}/{facts.tenant_id}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": facts.client_id,
            "client_secret": facts.client_secret,
            "scope": f"{facts.graph_url}/.default",
        }
        with requests.Session() as session:
            session.trust_env = False
            return session.post(url, form, verify=facts.ca_bundle, timeout=timeout)

    yield ask
    sandbox.faults.clear()


@pytest.fixture
def machine(sandbox):
    """Ask the metadata service for a token while these faults are planned."""

    def ask(*faults):
        sandbox.faults.clear()
        sandbox.faults.add(*faults)
        facts = sandbox.facts()
        query = {"api-version": "2018-02-01", "resource": facts.graph_url}
        url = f"{facts.imds_url}/metadata/identity/oauth2/token"
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, params=query, headers={"Metadata": "true"})

    yield ask
    sandbox.faults.clear()


@pytest.mark.parametrize("number", REFUSALS)
def test_every_number_can_be_had_on_demand(entra, number):
    answer = entra(f"aadsts:at=entra,number={number}")
    assert answer.status_code in {400, 401}
    assert answer.json()["error_codes"] == [number]
    assert answer.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_a_metadata_service_is_updated_for_a_while(machine):
    faults = ["410:at=machine,times=1", "404:at=machine,times=1"]
    assert machine(*faults).status_code == 410
    assert machine("404:at=machine,retry_after=2").headers["Retry-After"] == "2"
    assert machine().json()["token_type"] == "Bearer"


def test_a_service_answers_late(machine):
    began = time.monotonic()
    assert machine("slow:at=machine,seconds=0.2").status_code == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("part", ["header", "body"])
def test_an_answer_drips(entra, part):
    fault = Fault.parse(f"drip:at=entra,seconds=0.0001,part={part}")
    whole = entra(fault)
    assert whole.json()["access_token"]
    with pytest.raises(requests.RequestException):
        entra(f"drip:at=entra,seconds=5,part={part}", timeout=0.1)


def test_each_service_has_faults_of_its_own(entra, machine):
    assert entra("503:at=entra", "410:at=machine", "500").status_code == 503
    assert machine("410:at=machine").status_code == 410
    assert entra("500", "410:at=machine").status_code == 200
    assert machine("503:at=entra").status_code == 200


def test_a_fault_meets_the_paths_it_is_for(entra):
    assert entra("503:at=entra,where=devicecode").status_code == 200
    assert entra("503:at=entra,where=/token").status_code == 503


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("503:at=moon", "at=moon is none of graph, entra, machine"),
        ("delete-team:at=entra", "there is no fault 'delete-team' at entra"),
        ("aadsts:number=50076", "there is no fault 'aadsts'"),
        ("aadsts:at=entra,number=1", "number=1 is none of "),
        ("slow:at=entra,seconds=long", "seconds=long is no number"),
    ],
)
def test_a_fault_of_sign_ins_that_is_not_understood_is_refused_with_the_reason(text, problem):
    with pytest.raises(FaultError) as refused:
        Fault.parse(text)
    assert problem in str(refused.value)


def test_every_kind_has_a_page():
    assert all(
        kind.page.startswith("https://learn.microsoft.com/") for kind in SIGN_IN_KINDS.values()
    )
