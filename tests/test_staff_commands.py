"""add-staff, remove-staff and list-staff: who works here, from the command line."""

from storefront.models import Staff
from tests.staff import settled


def test_add_staff_prints_a_link_that_opens(runner, app, client):
    done = runner("add-staff", "Ann@staff.example", "--role", "editor", "--role", "moderator")
    assert done.exit_code == 0, done.output
    assert done.stderr == "ann@staff.example: editor, moderator. Good once, for 7 days:\n"
    origin, link = done.stdout.strip().split("/desk/")
    assert origin == app.extensions["settings"].shop_origin
    assert client.get(f"/desk/{link}").status_code == 200


def test_add_staff_again_adds_roles_and_makes_a_new_link(runner, app, client):
    first = runner("add-staff", "ann@staff.example", "--role", "editor").stdout
    second = runner("add-staff", "ann@staff.example", "--role", "manager").stdout
    assert Staff.get().roles == ["editor", "manager"]
    path = "/desk/" + first.strip().split("/desk/")[1]
    assert client.get(path).status_code == 410
    assert runner("add-staff", "ann@staff.example").exit_code == 0
    assert first != second


def test_add_staff_wants_an_address_and_a_role(runner):
    assert "at least one role" in str(runner("add-staff", "ann@staff.example").exception)
    refused = runner("add-staff", "ann at staff", "--role", "editor").exception
    assert "not an e-mail address" in str(refused)
    assert runner("add-staff", "ann@staff.example", "--role", "emperor").exit_code == 2
    assert Staff.select().count() == 0


def test_list_staff_names_everybody_and_no_secret(runner, app):
    ann = settled(app, "manager", email="ann@staff.example")
    link = runner("add-staff", "bob@staff.example", "--role", "editor").stdout.strip()
    listed = runner("list-staff").stdout
    assert listed == (
        "ann@staff.example: manager (password and app)\nbob@staff.example: editor (invited)\n"
    )
    assert link.rpartition("/")[2] not in listed
    assert ann.password not in listed


def test_remove_staff_deletes_all_but_the_last_manager(runner, app):
    settled(app, "manager", email="ann@staff.example")
    settled(app, "editor", email="bob@staff.example")
    assert runner("remove-staff", "bob@staff.example").stdout == "bob@staff.example is removed\n"
    assert "the only manager" in str(runner("remove-staff", "ann@staff.example").exception)
    assert "Nobody works here under" in str(runner("remove-staff", "bob@staff.example").exception)
    assert [staff.email for staff in Staff.select()] == ["ann@staff.example"]


def test_a_manager_who_never_came_is_removed_though_there_is_no_other(runner, app):
    runner("add-staff", "mistyped@staff.example", "--role", "manager")
    assert runner("remove-staff", "mistyped@staff.example").exit_code == 0
    assert Staff.select().count() == 0
