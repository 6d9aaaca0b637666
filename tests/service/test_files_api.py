"""Uploads in OpenAI's shapes."""

from __future__ import annotations

from io import BytesIO

import pytest
from fastapi.testclient import TestClient

from service.storage.data_dir import DataDir


def upload(client: TestClient, name: str = "a.jsonl", content: bytes = b'{"input": 1}\n', **form: str):
    return client.post("/v1/files", files={"file": (name, content)}, data={"purpose": "user_data", **form})


def test_a_file_comes_back_as_it_was_sent(client: TestClient) -> None:
    content = bytes(range(256)) * 4
    file = upload(client, "raw.bin", content).json()
    assert (file["object"], file["bytes"], file["filename"], file["status"]) == (
        "file",
        1024,
        "raw.bin",
        "processed",
    )
    assert client.get(f"/v1/files/{file['id']}").json() == file
    assert client.get(f"/v1/files/{file['id']}/content").content == content


def test_a_deleted_file_is_gone_from_disk_too(client: TestClient, data: DataDir) -> None:
    file_id = upload(client).json()["id"]
    assert client.delete(f"/v1/files/{file_id}").json() == {"id": file_id, "object": "file", "deleted": True}
    assert client.get(f"/v1/files/{file_id}").status_code == 404
    assert client.delete(f"/v1/files/{file_id}").status_code == 404
    assert list((data.root / "files").iterdir()) == []


def test_the_list_is_walked_page_by_page(client: TestClient) -> None:
    ids = [upload(client, f"{i}.jsonl").json()["id"] for i in range(5)]
    first = client.get("/v1/files", params={"limit": 2, "order": "asc"}).json()
    assert [f["id"] for f in first["data"]] == ids[:2]
    assert (first["has_more"], first["last_id"]) == (True, ids[1])
    rest = client.get("/v1/files", params={"order": "asc", "after": ids[1]}).json()
    assert [f["id"] for f in rest["data"]] == ids[2:] and rest["has_more"] is False
    before = client.get("/v1/files", params={"order": "asc", "before": ids[2], "limit": 1}).json()
    assert [f["id"] for f in before["data"]] == [ids[1]]
    assert [f["id"] for f in client.get("/v1/files").json()["data"]] == ids[::-1]
    assert client.get("/v1/files", params={"purpose": "fine-tune"}).json()["data"] == []


def test_the_same_upload_again_gives_the_first_one_back(client: TestClient) -> None:
    assert upload(client).json()["id"] == upload(client).json()["id"]
    assert upload(client).json()["id"] != upload(client, content=b"other").json()["id"]


def test_a_file_may_be_kept_for_a_while_only(client: TestClient, data: DataDir) -> None:
    form = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    kept, short = upload(client).json(), upload(client, **form).json()
    assert (kept["expires_at"], short["expires_at"]) == (None, short["created_at"] + 3600)
    assert upload(client, **form).json()["id"] == short["id"]
    over = data.files.create(BytesIO(b"x"), "over.txt", "user_data", "", 60, lifetime=0)
    assert client.get(f"/v1/files/{over.id}").status_code == 404
    alive = {kept["id"], short["id"]}
    assert {one["id"] for one in client.get("/v1/files").json()["data"]} == alive
    data.files.drop_expired()
    assert {path.name for path in (data.root / "files").iterdir()} == alive
    assert upload(client, **{"expires_after[anchor]": "created_at"}).status_code == 400


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "a/b/c.txt"])
def test_a_name_is_never_a_path(client: TestClient, data: DataDir, name: str) -> None:
    file = upload(client, name).json()
    assert not set("/\\") & set(file["filename"])
    assert [p.name for p in (data.root / "files").iterdir()] == [file["id"]]


@pytest.mark.parametrize("file_id", ["..%2f..%2ftrivium.sqlite", "../trivium.sqlite", "%00", "file-none"])
def test_an_id_is_never_a_path(client: TestClient, file_id: str) -> None:
    assert client.get(f"/v1/files/{file_id}/content").status_code == 404
    assert client.delete(f"/v1/files/{file_id}").status_code == 404


@pytest.mark.parametrize(
    ("files", "form", "param"),
    [
        ({"file": ("a", b"x")}, {}, "purpose"),
        ({"file": ("a", b"x")}, {"purpose": "world domination"}, "purpose"),
        ({"file": ("a", b"x")}, {"purpose": "user_data", "colour": "red"}, "colour"),
        ({}, {"purpose": "user_data"}, "file"),
    ],
)
def test_a_wrong_form_names_the_field(client: TestClient, files: dict, form: dict, param: str) -> None:
    answer = client.post("/v1/files", files=files or {"other": ("a", b"x")}, data=form)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param or "other" in answer.json()["error"]["message"]
    assert client.get("/v1/files").json()["data"] == []
