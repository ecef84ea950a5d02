"""The tables. Nothing here needs Flask, so a script can use them too."""

from datetime import datetime
from enum import Enum

import sqlalchemy as sa
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import registry

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
