"""FastAPI on uvicorn, SQLAlchemy on SQLite: a hook is committed, then answered."""

import os

from fastapi import FastAPI, Request, Response
from sqlalchemy import JSON, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine(f"sqlite:///{os.environ['PEER_DATABASE']}")


@event.listens_for(engine, "connect")
def _durable(connection, _):
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


class Base(DeclarativeBase):
    pass


class Hook(Base):
    __tablename__ = "hooks"
    id: Mapped[int] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(String)
    body: Mapped[dict] = mapped_column(JSON)


Base.metadata.create_all(engine)
app = FastAPI()


@app.post("/hooks/{node}/{token}/{method}")
async def take(method: str, request: Request):
    body = await request.body()
    with Session(engine) as session:
        session.add(Hook(method=method, body=await request.json()))
        session.commit()
    return Response(body, media_type="application/json")
