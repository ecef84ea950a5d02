from wtforms import EmailField
from wtforms import StringField
from wtforms.validators import DataRequired
from wtforms.validators import Length
from wtforms.validators import Regexp

from ..ops.safe_forms import Form


def clean(text: str | None) -> str:
    """Return what a person typed, without what databases cannot store or show."""
    return (text or "").replace("\0", "").strip()


class StudentForm(Form):
    name = StringField(
        "Name",
        filters=[clean],
        validators=[DataRequired("Enter a name."), Length(max=100)],
    )
    email = EmailField(
        "Email",
        filters=[clean],
        validators=[
            DataRequired("Enter an email address."),
            Length(max=254),
            Regexp(r"[^@\s]+@[^@\s]+$", message="Enter an address such as a@b.org."),
        ],
    )


class DeleteForm(Form):
    """Nothing to fill in; it protects the button against forged requests."""
