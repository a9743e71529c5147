"""Evidence in the console: for staff who may see such cases of that store; for nobody else."""

import pytest

from backend.infra.uow import transaction
from backend.kernel.actors import shopper
from backend.steps.claim_pictures import claim_pictures
from backend.usecases.upload_picture import upload_picture
from tests.given_uploads import picture_bytes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LI = shopper("mem_li")


def test_evidence_is_shown_to_staff_of_the_case(log_in, nobody, ctx, rows, tmp_path):
    picture = tmp_path / "p.jpg"
    picture.write_bytes(picture_bytes(400, 300))
    with picture.open("rb") as file:
        key = upload_picture(ctx(LI), file=file, size=100, purpose="aftersale").key
    finance, goods = log_in("finance"), log_in("goods")
    assert finance.get(f"/admin/evidence/?key={key}").status_code == 404, "no case uses it yet"
    with transaction(ctx(LI)) as tx:
        claim_pictures(tx, LI, [key], "aftersale", "asl_1", "sto_main")
    seen = finance.get(f"/admin/evidence/?key={key}")
    assert (seen.status_code, seen.headers["Content-Type"]) == (200, "image/jpeg")
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert seen.headers["Cache-Control"] == "private, max-age=600"
    assert len(finance.get(f"/admin/evidence/?key={key}&size=160").data) < len(seen.data)
    assert goods.get(f"/admin/evidence/?key={key}").status_code == 403
    assert nobody.get(f"/admin/evidence/?key={key}").status_code in (302, 303, 401)
    for other in ("0" * 32 + ".jpg", "..%2f..%2fkeys", "x"):
        assert finance.get(f"/admin/evidence/?key={other}").status_code == 404
