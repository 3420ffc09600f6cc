"""The minutes as DOCX, to edit outside: an export with the same parts, never the signed source; in Times New Roman."""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from recordings.minutes.form import Form

FONT = "Times New Roman"
CENTRE = WD_ALIGN_PARAGRAPH.CENTER
TASK_HEADS = ("TT", "Nội dung", "Đơn vị chủ trì", "Đơn vị phối hợp", "Thời hạn")
TASK_WIDTHS_MM = (10, 58, 34, 34, 26)


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
    _field(number, "PAGE")


def _field(paragraph: Paragraph, code: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        run = paragraph.add_run()
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)


def _letterhead(document: WordDocument, form: Form) -> None:
    table = _grid(document, (65, 97))
    left, right = table.rows[0].cells
    if form["parent"]:
        _put(left, form["parent"], size=12)
    _put(left, form["organ"], size=12, bold=True)
    _put(left, f"Số: {form['number']}", size=13)
    _put(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=12, bold=True)
    _put(right, "Độc lập - Tự do - Hạnh phúc", size=13, bold=True, underline=True)


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
    underline: bool = False,
    centred: bool = True,
) -> Paragraph:
    """A line in a cell; the empty first paragraph is used first."""
    first = cell.paragraphs[0]
    paragraph: Paragraph = first if not first.runs and len(cell.paragraphs) == 1 else cell.add_paragraph()
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic, run.underline = Pt(size), bold, italic, underline
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


def _paragraph(document: WordDocument, text: str, *, label: str = "", bold: bool = False, italic: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    layout = paragraph.paragraph_format
    layout.first_line_indent, layout.space_after = Mm(10), Pt(6)
    if label:
        paragraph.add_run(f"{label} ").bold = True
    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic


def _body(document: WordDocument, form: Form) -> None:
    attendance = form["attendance"]
    _paragraph(document, form["start"], label="Thời gian bắt đầu:")
    _paragraph(document, form["place"], label="Địa điểm:")
    _paragraph(document, attendance["summary"], label="Thành phần tham dự:")
    for title, name in (("", "present"), ("Vắng có lý do:", "excused"), ("Vắng không có lý do:", "absent")):
        if title and attendance[name]:
            _paragraph(document, title, italic=True)
        for line in attendance[name]:
            _paragraph(document, line)
    _paragraph(document, form["chair"], label="Chủ trì (chủ tọa):")
    _paragraph(document, form["secretary"], label="Thư ký (người ghi biên bản):")
    _paragraph(document, "", label="Nội dung (theo diễn biến cuộc họp):")
    for line in form["opening"]:
        _paragraph(document, line)
    for item in form["items"]:
        _item(document, item)
    if form["tasks"]:
        _tasks(document, form["tasks"])
    if form["corrections"]:
        _paragraph(document, "", label="Đính chính:")
    for line in [*form["corrections"], *form["closing"], form["recording"], form["end"]]:
        if line:
            _paragraph(document, line)


def _item(document: WordDocument, item: Form) -> None:
    _paragraph(document, item["heading"], bold=True)
    if item["course"]:
        _paragraph(document, item["course"], italic=True)
    for line in item["papers"]:
        _paragraph(document, line)
    if item["speeches"]:
        _paragraph(document, "Ý kiến phát biểu:")
    for line in [*item["speeches"], *item["opinions"]]:
        _paragraph(document, line)
    if item["conclusions"]:
        _paragraph(document, "", label="Kết luận của chủ tọa:")
    for line in item["conclusions"]:
        _paragraph(document, line)


def _tasks(document: WordDocument, tasks: list[list[str]]) -> None:
    _paragraph(document, "", label="Nhiệm vụ giao:")
    table = _grid(document, TASK_WIDTHS_MM)
    table.style = "Table Grid"
    for cell, head in zip(table.rows[0].cells, TASK_HEADS, strict=True):
        _put(cell, head, size=13, bold=True)
    for task in tasks:
        for cell, text, width in zip(table.add_row().cells, task, TASK_WIDTHS_MM, strict=True):
            cell.width = Mm(width)
            _put(cell, text, size=13, centred=False)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _signatures(document: WordDocument, form: Form) -> None:
    left, right = _grid(document, (81, 81)).rows[0].cells
    _put(left, "THƯ KÝ", bold=True)
    _put(right, "CHỦ TỌA", bold=True)
    _put(left, "(Chữ ký)", size=13, italic=True)
    _put(right, form["chair_post"], size=13, bold=True)
    for cell, name in ((left, form["secretary_name"]), (right, form["chair_name"])):
        _put(cell, "").paragraph_format.space_before = Pt(64)
        _put(cell, name, bold=True)
    heading = document.add_paragraph()
    run = heading.add_run("Nơi nhận:")
    run.bold, run.italic, run.font.size = True, True, Pt(12)
    heading.paragraph_format.space_after = Pt(0)
    for line in form["recipients"]:
        paragraph = document.add_paragraph()
        paragraph.add_run(line).font.size = Pt(11)
        paragraph.paragraph_format.space_after = Pt(0)
