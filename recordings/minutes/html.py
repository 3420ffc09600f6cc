"""The minutes to read on a screen: plain HTML, every text escaped, no script; the signed PDF stays the document."""

from __future__ import annotations

from html import escape

from recordings.minutes.form import Form

STYLE = """body{font:17px/1.5 "Liberation Serif","Times New Roman",serif;max-width:46rem;margin:2rem auto}
header,.signatures{display:grid;grid-template-columns:2fr 3fr;text-align:center}
.signatures{grid-template-columns:1fr 1fr}
h1,h2{text-align:center;font-size:1.1rem;margin:.3rem}table{border-collapse:collapse;width:100%}
td,th{border:1px solid;padding:.3rem;text-align:left}.signatures p{margin:0 0 4rem}"""


def html_of(form: Form) -> str:
    """A whole page."""
    parts = [*_head(form), *_attendance(form), *_items(form), *_end(form)]
    title = escape(form["document_title"])
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _head(form: Form) -> list[str]:
    parent = f"{escape(form['parent'])}<br>" if form["parent"] else ""
    return [
        f"<header><div>{parent}<b>{escape(form['organ'])}</b><br>Số: {escape(form['number'].strip())}</div>",
        "<div><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><br><b><u>Độc lập - Tự do - Hạnh phúc</u></b></div></header>",
        f"<h1>BIÊN BẢN</h1><h2>{escape(form['name'])}</h2>",
    ]


def _labelled(label: str, value: str) -> str:
    return f"<p><b>{escape(label)}</b> {escape(value)}</p>"


def _paragraphs(lines: list[str]) -> list[str]:
    return [f"<p>{escape(line)}</p>" for line in lines]


def _attendance(form: Form) -> list[str]:
    attendance = form["attendance"]
    parts = [
        _labelled("Thời gian bắt đầu:", form["start"]),
        _labelled("Địa điểm:", form["place"]),
        _labelled("Thành phần tham dự:", attendance["summary"]),
        *_paragraphs(attendance["present"]),
    ]
    for title, name in (("Vắng có lý do:", "excused"), ("Vắng không có lý do:", "absent")):
        if attendance[name]:
            parts += [f"<p><i>{title}</i></p>", *_paragraphs(attendance[name])]
    return [*parts, _labelled("Chủ trì (chủ tọa):", form["chair"]),
            _labelled("Thư ký (người ghi biên bản):", form["secretary"])]  # fmt: skip


def _items(form: Form) -> list[str]:
    parts = ["<p><b>Nội dung (theo diễn biến cuộc họp):</b></p>", *_paragraphs(form["opening"])]
    for item in form["items"]:
        parts += [f"<h3>{escape(item['heading'])}</h3>", f"<p><i>{escape(item['course'])}</i></p>"]
        parts += _paragraphs([*item["papers"], *item["speeches"], *item["opinions"]])
        if item["conclusions"]:
            parts += ["<p><b>Kết luận của chủ tọa:</b></p>", *_paragraphs(item["conclusions"])]
    return parts


def _end(form: Form) -> list[str]:
    parts = []
    if form["tasks"]:
        heads = "".join(f"<th>{h}</th>" for h in ("TT", "Nội dung", "Đơn vị chủ trì", "Đơn vị phối hợp", "Thời hạn"))
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in form["tasks"])
        parts.append(f"<p><b>Nhiệm vụ giao:</b></p><table><tr>{heads}</tr>{rows}</table>")
    if form["corrections"]:
        parts += ["<p><b>Đính chính:</b></p>", *_paragraphs(form["corrections"])]
    parts += _paragraphs([*form["closing"], form["recording"], form["end"]])
    parts.append(
        f'<div class="signatures"><div><b>THƯ KÝ</b><p></p><b>{escape(form["secretary_name"])}</b></div>'
        f"<div><b>CHỦ TỌA</b><br><b>{escape(form['chair_post'])}</b><p></p>"
        f"<b>{escape(form['chair_name'])}</b></div></div>"
    )
    return [*parts, "<p><b><i>Nơi nhận:</i></b></p>", *_paragraphs(form["recipients"])]
