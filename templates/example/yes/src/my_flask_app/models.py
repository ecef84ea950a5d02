"""The tables. Nothing here needs Flask, so a script can use them too."""

from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import registry

from .times import utc_now
from .times import UtcDateTime


class Base(DeclarativeBase):
    """What every table's class derives from."""

    registry = registry(
        # ``Mapped[datetime]`` is a moment, with its time zone. The name of an enum's
        # member is text, so a new member needs no migration.
        type_annotation_map={
            datetime: UtcDateTime(),
            Enum: sa.Enum(Enum, native_enum=False, length=50),
        },
        # Migrations can change a constraint only by its name.
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


class Student(Base):
    __tablename__ = "students"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    created: Mapped[datetime] = mapped_column(default=utc_now)
