"""The minutes as DOCX, to edit outside: an export with the same parts, never the signed source; in Times New Roman.

The form is that of NĐ 30/2020, Appendix I: what stands under organ, motto and title is a rule of its own, no underline.
"""

from __future__ import annotations

import io
import re

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from recordings.minutes.form import Form

FONT = "Times New Roman"
CENTRE = WD_ALIGN_PARAGRAPH.CENTER
TASK_HEADS = ("TT", "Nội dung", "Đơn vị chủ trì", "Đơn vị phối hợp", "Thời hạn")
TASK_WIDTHS_MM = (10, 58, 34, 34, 26)
_UNIT = re.compile(
    r"(?:(?<=^ỦY BAN NHÂN DÂN )|(?<=^HỘI ĐỒNG NHÂN DÂN )).{1,20}$"
)  # the name breaks before it, not within
TEXT_MM = 210 - 30 - 18
HEAD_MM = (65, 97)
CELL_MARGIN_MM = 1.9
ORGAN_RULE_MM, MOTTO_RULE_MM, TITLE_RULE_MM = 23, 56, 36  # a third of its line; as long as the motto; likewise a third


def word_of(form: Form) -> bytes:
    """The document of this form."""
    document = Document()
    _page(document)
    _letterhead(document, form)
    _title(document, form)
    _body(document, form)
    _signatures(document, form)
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def _page(document: WordDocument) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(18)
    section.different_first_page_header_footer = True
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(14)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    number = section.header.paragraphs[0]
    number.alignment = CENTRE
    _field(number, "PAGE", size=13)


def _field(paragraph: Paragraph, code: str, *, size: float) -> None:
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        run = paragraph.add_run()
        run.font.size = Pt(size)
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)


def _letterhead(document: WordDocument, form: Form) -> None:
    left, right = _grid(document, HEAD_MM).rows[0].cells
    if form["parent"]:
        _put(left, form["parent"], size=12)
    _put(left, _UNIT.sub(lambda found: found[0].replace(" ", "\u00a0"), form["organ"]), size=12, bold=True)
    _rule(left.add_paragraph(), ORGAN_RULE_MM, HEAD_MM[0] - 2 * CELL_MARGIN_MM)
    _put(left, f"Số: {form['number']}", size=13)
    _put(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=12, bold=True)
    _put(right, "Độc lập - Tự do - Hạnh phúc", size=13, bold=True)
    _rule(right.add_paragraph(), MOTTO_RULE_MM, HEAD_MM[1] - 2 * CELL_MARGIN_MM)


def _rule(paragraph: Paragraph, width_mm: float, within_mm: float) -> None:
    """A line across the middle: the border of a paragraph without text."""
    layout = paragraph.paragraph_format
    layout.left_indent = layout.right_indent = Mm((within_mm - width_mm) / 2)
    layout.line_spacing = Pt(3)
    layout.space_before, layout.space_after = Pt(0), Pt(4)
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "5"), ("space", "0"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _grid(document: WordDocument, widths_mm: tuple[int, ...]) -> Table:
    table: Table = document.add_table(rows=1, cols=len(widths_mm))
    table.autofit = False
    for column, cell, width in zip(table.columns, table.rows[0].cells, widths_mm, strict=True):
        column.width = cell.width = Mm(width)
    return table


def _put(
    cell: _Cell,
    text: str,
    *,
    size: float = 14,
    bold: bool = False,
    italic: bool = False,
    centred: bool = True,
) -> Paragraph:
    """A line in a cell; the empty first paragraph is used first."""
    first = cell.paragraphs[0]
    paragraph: Paragraph = first if not first.runs and len(cell.paragraphs) == 1 else cell.add_paragraph()
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    paragraph.paragraph_format.space_after = Pt(0)
    if centred:
        paragraph.alignment = CENTRE
    return paragraph


def _title(document: WordDocument, form: Form) -> None:
    for text, before in (("BIÊN BẢN", 14), (form["name"], 0)):
        paragraph = document.add_paragraph()
        paragraph.alignment = CENTRE
        paragraph.paragraph_format.space_before = Pt(before)
        paragraph.paragraph_format.space_after = Pt(4)
        paragraph.add_run(text).bold = True
    _rule(document.add_paragraph(), TITLE_RULE_MM, TEXT_MM)


def _paragraph(
    document: WordDocument,
    text: str,
    *,
    label: str = "",
    bold: bool = False,
    italic: bool = False,
    announces: bool = False,
) -> Paragraph:
    """``announces``: it never ends a page, what it announces follows."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    layout = paragraph.paragraph_format
    layout.first_line_indent, layout.space_after = Mm(10), Pt(6)
    layout.keep_with_next = announces
    if label:
        paragraph.add_run(f"{label} ").bold = True
    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic
    return paragraph


def _body(document: WordDocument, form: Form) -> None:
    attendance = form["attendance"]
    _paragraph(document, form["start"], label="Thời gian bắt đầu:")
    _paragraph(document, form["place"], label="Địa điểm:")
    _paragraph(document, attendance["summary"], label="Thành phần tham dự:")
    for title, name in (("", "present"), ("Vắng có lý do:", "excused"), ("Vắng không có lý do:", "absent")):
        if title and attendance[name]:
            _paragraph(document, title, italic=True, announces=True)
        for line in attendance[name]:
            _paragraph(document, line)
    _paragraph(document, form["chair"], label="Chủ trì (chủ tọa):")
    _paragraph(document, form["secretary"], label="Thư ký (người ghi biên bản):")
    _paragraph(document, "", label="Nội dung (theo diễn biến cuộc họp):", announces=True)
    for line in form["opening"]:
        _paragraph(document, line)
    for item in form["items"]:
        _item(document, item)
    if form["tasks"]:
        _tasks(document, form["tasks"])
    if form["corrections"]:
        _paragraph(document, "", label="Đính chính:", announces=True)
    for line in [*form["corrections"], *form["closing"]]:
        _paragraph(document, line)
    for line in (form["recording"], form["end"]):  # the last words go with the signatures
        if line:  # a hash has no spaces that could be stretched
            _paragraph(document, line, announces=True).alignment = WD_ALIGN_PARAGRAPH.LEFT


def _item(document: WordDocument, item: Form) -> None:
    _paragraph(document, item["heading"], bold=True, announces=True)
    if item["course"]:
        _paragraph(document, item["course"], italic=True)
    for line in item["papers"]:
        _paragraph(document, line)
    if item["speeches"]:
        _paragraph(document, "Ý kiến phát biểu:", announces=True)
    for line in [*item["speeches"], *item["opinions"]]:
        _paragraph(document, line)
    if item["conclusions"]:
        _paragraph(document, "", label="Kết luận của chủ tọa:", announces=True)
    for line in item["conclusions"]:
        _paragraph(document, line)


def _tasks(document: WordDocument, tasks: list[list[str]]) -> None:
    _paragraph(document, "", label="Nhiệm vụ giao:", announces=True)
    table = _grid(document, TASK_WIDTHS_MM)
    table.style = "Table Grid"
    for cell, head in zip(table.rows[0].cells, TASK_HEADS, strict=True):
        _put(cell, head, size=13, bold=True).paragraph_format.keep_with_next = True
    _row_says(table.rows[0], "w:tblHeader")  # again on the next page
    for task in tasks:
        row = table.add_row()
        _row_says(row, "w:cantSplit")
        for cell, text, width in zip(row.cells, task, TASK_WIDTHS_MM, strict=True):
            cell.width = Mm(width)
            _put(cell, text, size=13, centred=False)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _row_says(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _signatures(document: WordDocument, form: Form) -> None:
    """In one piece with the last words before and Nơi nhận below: never alone on a page."""
    row = _grid(document, (81, 81)).rows[0]
    _row_says(row, "w:cantSplit")
    left, right = row.cells
    for cell, role in ((left, "THƯ KÝ"), (right, "CHỦ TỌA")):
        _put(cell, role, bold=True).paragraph_format.space_before = Pt(10)
    _put(left, "(Chữ ký)", size=13, italic=True)
    _put(right, form["chair_post"], size=13, bold=True)
    for cell, name in ((left, form["secretary_name"]), (right, form["chair_name"])):
        _put(cell, "").paragraph_format.space_before = Pt(64)
        _put(cell, name, bold=True)
    below = [document.add_paragraph() for _ in ("Nơi nhận:", *form["recipients"])]
    run = below[0].add_run("Nơi nhận:")
    run.bold, run.italic, run.font.size = True, True, Pt(12)
    below[0].paragraph_format.space_before = Pt(12)
    for paragraph, line in zip(below[1:], form["recipients"], strict=True):
        paragraph.add_run(line).font.size = Pt(11)
    for paragraph in below:
        paragraph.paragraph_format.space_after = Pt(0)
    for paragraph in (*left.paragraphs, *right.paragraphs, *below[:-1]):
        paragraph.paragraph_format.keep_with_next = True
