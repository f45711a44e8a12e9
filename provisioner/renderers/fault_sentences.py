"""Sentences of faults in what people fill in, and what they call the fields.

They are the inventory's own (`provisioner check`), which a form shows to people who read
no files; see `sentences`, which recognises them.
"""

from __future__ import annotations

import re

from provisioner.renderers.language import N_

FAULTS = (
    N_("There is nobody of this address in the municipality."),
    N_("The municipality has no website of this name."),
    N_("The request asks for nothing."),
    N_("Fill something in."),
    N_("The inventory says so already."),
    N_("Nothing to do."),
    N_("{field} is empty."),
    N_("Write a value."),
    N_("{field} has {count} characters; the limit is {limit}."),
    N_("address: The part before @ has {count} characters; the limit is {limit}."),
    N_("Shorten it."),
    N_("{field} '{value}' has letters other than a-z."),
    N_("Write for example {example}."),
    N_("{field} '{value}' is no address."),
    N_(
        "Before @ use a-z, 0-9, dot, hyphen and underscore, beginning with a letter or"
        " digit, no dot at the end and no two together."
    ),
    N_("'{value}' is not in the municipality's domain {domain}."),
    N_("Write {short} or {whole}."),
    N_("The address {address} is taken already ({place})."),
    N_("The address {address} is taken already."),
    N_("The address {address} is asked for by request {request}."),
    N_("Write another, for example {example}."),
    N_("Write another, or withdraw that request."),
    N_("Leave the cell empty to have one proposed."),
    N_("The line holds {character}, which cannot be seen."),
    N_("{field} holds {character}, which cannot be seen."),
    N_("Delete it: the letters alone set the direction of the text."),
    N_("Delete it; a value is one line of visible characters."),
    N_("The tenant {tenant} does not offer '{license}'."),
    N_("The tenant does not offer '{license}'."),
    N_("It offers: {names}."),
    N_("Did you mean {name}?"),
    N_("The cluster has no role '{role}'."),
    N_("Known roles: {names}."),
    N_("{field} cannot be '{value}'."),
    N_("Write one of: {names}."),
    N_("Write digits, such as {example}."),
    N_("{field} begins as a spreadsheet's formula does."),
    N_("Write it without = + - or @ at its start."),
    N_("{field} holds a formula."),
    N_("Write its value in its place."),
    N_("Active people need {count} seats of {license}; the budget has {seats}."),
    N_("Raise seats.{license} to {count}, or free {over}."),
    N_("{file} has no website {name}."),
    N_("{file} has no person {name}."),
    N_("Look at it and submit a new request."),
    N_("The file has {size} MiB; the limit is {limit} MiB."),
    N_("Leave out what is not about the people, such as pictures."),
    N_("The file is an old or an encrypted Excel file."),
    N_("Save it as XLSX without a password, or as CSV."),
    N_("The file is no XLSX file, whatever its name says."),
    N_("The file has more than {count} rows."),
    N_("Split it into several."),
    N_("The file has no rows."),
    N_("Fill it in."),
    N_("The file is no text."),
    N_("Save it as CSV or XLSX."),
    N_("Save it as CSV UTF-8."),
    N_("No column of names was recognised in the first row."),
    N_("Name the columns, for example: {names}."),
    N_("The file cannot be read as a workbook."),
    N_("Open it, and save it anew as XLSX or CSV UTF-8."),
    N_("The workbook has macros."),
    N_("Save it as XLSX."),
    N_("The workbook has macros, links to other files or embedded objects."),
    N_("Save it as XLSX without them, or as CSV UTF-8."),
    N_(
        "{field} holds ??, which stands where letters were lost: the file was saved as"
        " plain CSV."
    ),
    N_("Write the letters again and save the file as CSV UTF-8."),
    N_("{count} more faults are not listed."),
    N_("Mend these first."),
    N_("The first day {day} is over already."),
    N_("The first day {day} is more than two years ahead."),
    N_("Choose a day from {first} to {last}, or leave it empty."),
    N_("The file has no rows of people."),
    N_("Write a row for each person below the names of the columns."),
    N_("The file's encoding is not known."),
    N_("The file is not whole as {encoding}."),
    N_("Line {count} cannot be read."),
    N_("Look for a quotation mark that is not closed, or save it as XLSX."),
    N_("The file has more than {count} columns."),
    N_("Leave out columns that are not about the people."),
    N_("The file is an archive, no workbook."),
    N_("Upload the XLSX or CSV file itself."),
    N_("The file is no whole workbook."),
    N_("The workbook declares entities of its own."),
    N_("The workbook unpacks to more than any list of people is."),
    N_("Save only the sheet with the people, as CSV UTF-8."),
    N_("{field} holds an error of the spreadsheet."),
    N_("Write the value itself."),
    N_("The employee id '{value}' is that of another person."),
    N_("Each person has an id of their own."),
    N_("A list of new people has nobody whose state is '{value}'."),
    N_("Take the row out; who leaves is a request of its own."),
    N_("A request cannot set '{name}'."),
    N_("It can set: {names}."),
    N_("Who leaves is a request of its own."),
    N_("Submit a leaver."),
    N_("No person of the municipality has the address '{value}'."),
    N_("Name people of its mailboxes.csv by their primary address."),
    N_("'{value}' is a member already."),
    N_("Name each person once."),
    N_(
        "{field} holds {character}, which stands where an earlier conversion lost a letter."
    ),
    N_(
        "The line holds {character}, which stands where an earlier conversion lost a letter."
    ),
    N_("Write the letter again and save the file as UTF-8."),
    N_("{field} holds the template marker {marker}."),
    N_("The line holds the template marker {marker}."),
    N_("Delete it: nothing in the inventory is a template."),
    N_("Write one line of visible characters."),
    N_("Begin with a letter a-z, then a-z, 0-9 and hyphens."),
    N_("Write the SKU part number, such as {example}."),
    N_("Use letters a-z, digits, dot, hyphen, slash and underscore."),
    N_("Write it as its schema says."),
)
"""`{field}` is told by its label."""

FIELD = r"[a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*"
"""What stands for `{field}`: a column, or the way to a value in a file."""

PERSON_LABELS = {
    "given_name": N_("Given name"),
    "surname": N_("Surname"),
    "display_name": N_("Display name"),
    "address": N_("Address"),
    "employee_id": N_("Employee number"),
    "department": N_("Department"),
    "job_title": N_("Job title"),
    "role": N_("Role"),
    "license": N_("Licence"),
    "language": N_("Language of the mailbox"),
    "aliases": N_("Further addresses"),
    "members": N_("Who reads it"),
}
"""Labels of what is asked for people and shared mailboxes, by column."""
NAME_LABELS = {
    "names.he": N_("Name in Hebrew"),
    "names.ar": N_("Name in Arabic"),
    "names.en": N_("Name in English"),
}
"""Labels of the names of a shared mailbox, which has one in each language."""
SITE_LANGUAGE = N_("Language of the pages")
WEBSITE_LABELS = {
    "title": N_("Title"),
    "about": N_("About the site"),
    "accessibility.coordinator": N_("Name of the coordinator"),
    "accessibility.phone": N_("Telephone"),
    "accessibility.email": N_("E-mail"),
}
"""Labels of what is asked for a website, but for its language."""
_LABELS = (
    PERSON_LABELS
    | NAME_LABELS
    | {f"websites.{name}": label for name, label in WEBSITE_LABELS.items()}
    | {"websites.language": SITE_LANGUAGE, "names": N_("Name")}
)


def field_label(name: str) -> str:
    """What people call a field (a message of the catalogue), "" where it has no name."""
    plain = re.sub(r"\[\d+\]", "", name).removeprefix("shared_mailboxes.")
    return _LABELS.get(plain) or _LABELS.get(plain.partition(".")[0], "")
