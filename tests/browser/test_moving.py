"""A merchant moves in from elsewhere: dry run, import, look, export, compare."""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("format", ["shopify", "woocommerce"])
def test_a_merchant_moves_in_looks_around_and_could_move_out(
    running_shop, shop_stack, new_page, tmp_path, format
):
    brought = tmp_path / f"{format}.csv"
    running_shop.storefront("export-products", "--format", format, str(brought))

    # The demo is taken down to what the merchant's own catalogue will be compared with.
    first = shop_stack.storefront("import-products", str(brought), "--dry-run").splitlines()
    assert first[-1].startswith("products=40 variants=435")
    assert len([line for line in first if line.startswith("line ")]) == 40
    done = shop_stack.storefront("import-products", str(brought)).splitlines()
    assert done[-1].startswith("products=40 variants=435")

    page = new_page(shop_stack.origin)
    page.goto("/search?q=broad+noon")
    page.get_by_role("link", name="Broad Noon Sun Hat").first.click()
    expect(page.locator(".offer")).to_contain_text("$44.00")

    again = tmp_path / "again.csv"
    shop_stack.storefront("export-products", "--format", format, str(again))
    brought_again = shop_stack.storefront("import-products", str(again), "--dry-run").splitlines()
    assert [
        line for line in brought_again if line.startswith("line ") and ": same" not in line
    ] == []
