"""The tasks put together, right and wrong: `# error` marks what a checker is to refuse."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from xpm_config import tag

from library.data import Assessments, Compressed, Documents, Split, Topics
from library.models import Averaging, Checkpoint, DotProduct, Hashing, LoadCheckpoint, Scorer
from library.tasks import Evaluate, Index, Optimizer, Publish, Train


def assessments(documents: Documents) -> Assessments:
    topics = Topics.C(texts=["what", "why"])
    return Assessments.C(documents=documents, topics=topics, grades={"0": {"d1": 2}})


def study(folder: Path) -> None:
    documents = Compressed.C(path=folder / "documents.gz", level=3)
    assert_type(documents.language, str)
    assert_type(Index.C(documents=documents).submit(), Index)
    encoder = Averaging.C(dimension=8, encoders=[Hashing.C(dimension=8), Hashing.C(dimension=8)])
    scorer = Scorer.C(encoder=encoder, bias=None)
    split = Split[Assessments].C(train=assessments(documents), test=assessments(documents))
    for rate in (1e-2, 1e-3):
        train = Train.C(scorer=scorer, optimizer=Optimizer.C(rate=tag(rate), steps=10), split=split)
        checkpoint = train.submit(max_retries=2)
        assert_type(checkpoint, Checkpoint)
        evaluate = Evaluate.C(checkpoint=checkpoint, assessments=split.test)
        assert_type(evaluate.submit(init_tasks=[LoadCheckpoint.C(checkpoint=checkpoint)]), Path)
        assert_type(Publish.C(checkpoint=checkpoint).describe(), str)
    assert_type(scorer.instance().score("what", "why"), float)
    assert_type(DotProduct.C(encoder=encoder, bias=0.5).copy(), DotProduct)


def mistakes(encoder: Hashing, scorer: Scorer) -> None:
    Hashing.C()  # error
    Hashing.C(dimension="8")  # error
    Hashing.C(dimensions=8)  # error
    Scorer.C(encoder=scorer, bias=None)  # error
    Averaging.C(dimension=1, encoders=[scorer])  # error
    Optimizer.C(rate=tag("fast"), steps=1)  # error
    Train.C(scorer=scorer, optimizer=Optimizer.C(steps=1))  # error
    LoadCheckpoint.C(checkpoint=scorer)  # error
    Index.C(documents=Documents.C(path=Path("d"))).submit(retries=3)  # error
    Index.C(documents=Documents.C(path=Path("d")), folder=Path("x"))  # error
    encoder.dimension = "8"  # error
    encoder.dimensions = 8  # error
