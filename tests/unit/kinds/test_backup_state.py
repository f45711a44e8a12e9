"""What backups want of hosts: the job on its own, the store on another."""

from __future__ import annotations

import json

import msgspec
import pytest

from provisioner.inventory import load
from provisioner.kinds.host.backup_jobs import backup_part, desired_backup_jobs
from provisioner.kinds.host.backup_stores import store_part
from provisioner.kinds.host.everything import everything
from provisioner.kinds.host.observe import states
from provisioner.kinds.host.wordpress import wordpress_part
from provisioner.model.backup_place import place_of
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import HostPart
from provisioner.model.hosts import BackupJob
from provisioner.sandbox.sample import write_sample

JOB = BackupJob(
    "papers",
    "web-1",
    "sftp:backup@far.example:/copies",
    "env/KARMIEL_X",
    paths=("/srv/papers",),
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    folder = tmp_path_factory.mktemp("sample") / "inventory"
    write_sample(folder, municipalities=2, people=30)
    return load(folder)


def _content(part: HostPart, end: str) -> str:
    (found,) = [one.content for one in part.files if one.path.endswith(end)]
    return found


def _part(cluster: Cluster, job: BackupJob) -> HostPart:
    place = place_of(cluster.all_servers, job)
    return backup_part(cluster.municipality("karmiel"), job, place)


def test_a_job_in_our_store_is_let_in_by_a_word_made_of_its_password(
    cluster: Cluster,
) -> None:
    (job,) = [
        one for one in cluster.municipality("karmiel").backups if one.name == "manage"
    ]
    text = _content(_part(cluster, job), "/environment")
    word = "⟦secret:env/KARMIEL_BACKUP_PASSWORD|access karmiel⟧"
    host = "backup-1.galil.example:8000"
    assert (
        f"RESTIC_REPOSITORY=rest:https://karmiel:{word}@{host}/karmiel/manage" in text
    )
    assert "RESTIC_CACERT=/etc/provisioner/backup/karmiel-manage/ca.pem" in text
    store = store_part(cluster.servers[1], cluster)
    users = _content(store, "users.htpasswd").splitlines()
    assert "⟦secret:env/KARMIEL_BACKUP_PASSWORD|htpasswd karmiel⟧" in users


@pytest.mark.parametrize(
    "repository",
    ["/srv/copies", "sftp:b@far.example:/copies", "s3:s3.far.example/bucket/x"],
)
def test_other_targets_are_taken_as_they_are(cluster: Cluster, repository: str) -> None:
    job = msgspec.structs.replace(
        JOB,
        repository=repository,
        environment=(("AWS_ACCESS_KEY_ID", "env/KARMIEL_S3"),),
    )
    text = _content(_part(cluster, job), "/environment")
    assert f"RESTIC_REPOSITORY={repository}\n" in text
    assert "AWS_ACCESS_KEY_ID=⟦secret:env/KARMIEL_S3|quoted⟧" in text
    assert "RESTIC_CACERT" not in text


def test_every_file_with_a_secret_is_for_its_reader_alone(cluster: Cluster) -> None:
    for one in everything(cluster):
        for file in one.spec.files:
            assert not file.secret or file.mode in ("0600", "0640"), file.path


def test_the_programs_are_whole_python(cluster: Cluster) -> None:
    programs = [one for one in _part(cluster, JOB).files if "/usr/local/" in one.path]
    assert len(programs) == 6
    for one in programs:
        compile(one.content, one.path, "exec")


def test_a_timer_keeps_the_hour_of_the_inventory(cluster: Cluster) -> None:
    job = msgspec.structs.replace(JOB, at="04:20")
    timer = _content(_part(cluster, job), "karmiel-papers.timer")
    assert "OnCalendar=*-*-* 04:20:00" in timer
    assert "Persistent=true" in timer


def test_a_website_brings_what_it_is_made_of(cluster: Cluster) -> None:
    site = msgspec.structs.replace(
        cluster.municipality("karmiel").websites[0], type="static"
    )
    town = msgspec.structs.replace(cluster.municipality("karmiel"), websites=(site,))
    job = msgspec.structs.replace(JOB, websites=("main",))
    told = json.loads(_content(backup_part(town, job, None), "/job.json"))
    assert told["paths"] == ["/srv/papers", "/srv/www/karmiel-main"]


@pytest.mark.parametrize("town", ["karmiel", "a-town-with-a-rather-long-name"])
def test_a_wordpress_site_brings_its_files_and_the_database_that_it_has(
    cluster: Cluster, town: str
) -> None:
    site = msgspec.structs.replace(
        cluster.municipality("karmiel").websites[0], type="wordpress"
    )
    owner = msgspec.structs.replace(
        cluster.municipality("karmiel"), slug=town, websites=(site,)
    )
    job = msgspec.structs.replace(JOB, paths=(), websites=("main",))
    told = json.loads(_content(backup_part(owner, job, None), "/job.json"))
    made = wordpress_part(site, f"{town}-main", 13, "web@karmiel.example")
    assert told["paths"] == [f"/srv/www/{town}-main"]
    assert told["databases"] == [["mariadb", one.name] for one in made.databases]
    assert len(told["databases"]) == 1
    uploads = f"/srv/www/{town}-main/wp-content/uploads"
    assert uploads in [one.path for one in made.directories]


def test_a_job_with_nothing_to_save_is_not_made(cluster: Cluster) -> None:
    town = msgspec.structs.replace(
        cluster.municipality("karmiel"),
        backups=(msgspec.structs.replace(JOB, paths=()),),
    )
    assert desired_backup_jobs(cluster, town) == []


def test_the_store_keeps_what_the_inventory_says_of_each_job(cluster: Cluster) -> None:
    store = store_part(cluster.servers[1], cluster)
    told = json.loads(_content(store, "karmiel-manage/repository.json"))
    assert told["folder"] == "/srv/backups/karmiel/manage"
    kept = told["jobs"]["karmiel/backup_job/manage"]
    assert kept == {"sources": ["files"], "days": 14, "weeks": 8, "months": 12}
    unit = _content(store, "restic-rest-server.service.d/provisioner.conf")
    assert "--append-only --private-repos" in unit


def test_a_host_with_a_server_a_store_and_jobs_has_one_state(cluster: Cluster) -> None:
    state = states(everything(cluster))["backup-1"]
    names = [one["name"] for one in state["services"]]
    assert {"restic-rest-server", "provisioner-keep-karmiel-manage.timer"} <= {*names}
    (rules,) = [one for one in state["files"] if one["path"] == "/etc/nftables.conf"]
    assert "ip saddr { 10.77.0.0/16 } tcp dport 8000 accept" in rules["content"]
