"""Minutes: the record of a meeting, drawn from its proceedings, written, numbered, signed and issued.

Facts: ``course`` folds the log, ``correction`` applies Đính chính, ``locked`` names everything for people.
Use cases: ``draft``, ``revise``, ``submit``, ``number``, ``sign``, ``outside``, ``publish``; ``read``,
``concluded``.
Form: ``form.py`` (what stands on the page), ``render`` (Typst, PDF/A), ``fields`` (signature and number fields),
``word`` (DOCX), ``html``. Keys: ``certificate``, ``test_authority``; checking: ``check``.
"""
