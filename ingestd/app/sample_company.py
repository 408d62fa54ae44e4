"""The documents of a small company that does not exist, in seven formats, for the demo."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

HANDBOOK = """# Staff handbook of Halden Pumps

## Working hours

The working week has 37.5 hours. Core time is from 10:00 to 15:00, and the rest is yours to place.

## Annual leave

A new employee gets 25 days of annual leave. After five years of service it is 28 days. Up to
five days can be carried over to the end of March.

## Notice

The notice period is one month during probation and three months after it. Give notice in
writing to your manager and to the people team.

## Sick leave

Tell your manager before 09:30 on the first day. From the fourth day on we need a doctor's note.

## Who to call

The people team answers at people@halden-pumps.example or on +44 20 7946 0958. Pay questions go to
Ingrid, ingrid.dahl@halden-pumps.example.
"""

POLICY = """<!doctype html><html><head><title>Travel policy</title></head><body>
<h1>Travel policy</h1>
<h2>Trains and flights</h2>
<p>Trains are booked in second class. Flights shorter than six hours are booked in economy.</p>
<h2>Hotels</h2>
<p>A hotel may cost up to 140 euros a night, breakfast included. In London and Oslo the limit
is 190 euros.</p>
<h2>Expenses</h2>
<p>Hand receipts in within 30 days. We pay to the account that payroll knows; the travel desk's own
is GB29 NWBK 6016 1331 9268 19.</p>
</body></html>
"""

PRICES = """Article,Description,Price EUR,Delivery
HP-100,Circulation pump 100 W,189.00,2 days
HP-250,Circulation pump 250 W,274.00,2 days
HP-900,Borehole pump 900 W,812.50,2 weeks
HP-S1,Seal kit for HP-100 and HP-250,14.90,1 day
"""

GOLDEN = """questions:
  - id: annual-leave
    question: How many days of annual leave does a new employee get?
    truth: 27 days
    type: duration
    source: company:people/handbook.md
  - id: pump-price
    question: What does the 250 W circulation pump cost?
    truth: 274.00 EUR
    type: currency
    severity: page
  - id: cancellation
    question: With how many days' notice may either party cancel the supply agreement?
    truth: 90 days
    type: duration
  - id: dry-run
    question: May the pump run dry?
    truth: "no"
"""

CONTRACT = (
    "Supply agreement",
    (
        ("Term", "This agreement runs for 24 months and renews by 12 months unless cancelled."),
        ("Cancellation", "Either party may cancel with 90 days' notice before the term ends."),
        ("Liability", "Liability is limited to the fees paid in the twelve months before."),
        ("Payment", "Invoices are due within 30 days. The card on file is 4111 1111 1111 1111."),
    ),
)  # fmt: skip

MANUAL = (
    ("HP-250 manual", "", "Mount the pump with its shaft level.",
     "Fill the system before the first start; the pump must never run dry."),
    ("Maintenance", "", "Replace the seal kit every 8000 hours of operation.",
     "The highest permitted water temperature is 95 degrees."),
)  # fmt: skip


def write(folder: Path) -> None:
    """Write the company's documents below a folder."""
    for name in ("people", "sales", "legal", "mail"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "people/handbook.md").write_text(HANDBOOK, encoding="utf-8")
    (folder / "people/travel.html").write_text(POLICY, encoding="utf-8")
    (folder / "sales/prices.csv").write_text(PRICES, encoding="utf-8")
    (folder / "sales/hp-250-manual.pdf").write_bytes(pdf(MANUAL))
    _workbook(folder / "sales/stock.xlsx")
    _contract(folder / "legal/supply-agreement.docx")
    _mail(folder / "mail/order.eml")


def _workbook(path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Stock"
    for row in (
        ("Article", "Warehouse", "Pieces"),
        ("HP-100", "Oslo", 140),
        ("HP-250", "Oslo", 62),
        ("HP-900", "Bergen", 9),
    ):
        sheet.append(row)
    book.save(path)


def _contract(path: Path) -> None:
    import docx

    title, clauses = CONTRACT
    document = docx.Document()
    document.add_heading(title, 1)
    for heading, text in clauses:
        document.add_heading(heading, 2)
        document.add_paragraph(text)
    document.save(str(path))


def _mail(path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "Order of 12 circulation pumps"
    message["From"] = "Marit Lien <marit.lien@fjordheat.example>"
    message["To"] = "sales@halden-pumps.example"
    message["Date"] = "Mon, 02 Nov 2026 09:12:00 +0100"
    message.set_content(
        "Hello,\n\nplease send twelve HP-250 to our workshop in Drammen before 20 November.\n"
        "You reach me at +47 22 12 34 56.\n\nMarit\n"
    )
    message.add_attachment(
        "Deliver to gate 4. The gate opens at 07:00 and closes at 15:30.\n",
        filename="delivery-note.txt",
    )
    path.write_bytes(message.as_bytes())


def pdf(pages: Sequence[Sequence[str]], *, width: int = 595) -> bytes:
    """Make a PDF (ISO 32000-1) of lines in Helvetica, a page each, `width` points; ASCII only."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for index, lines in enumerate(pages):
        shown = "".join(f"({_escaped(line)}) Tj T* " for line in lines)
        stream = f"BT /F1 12 Tf 16 TL 60 760 Td {shown}ET"
        objects += [
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} 842] "
                f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * index} 0 R >>"
            ),
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    return body + (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode("ascii")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
