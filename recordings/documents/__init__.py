"""Documents: the dossier of a meeting and the document systems it is filed in.

``dossier`` gathers everything with a manifest, ``package`` is its form as folder and ZIP, ``document_system`` is the
interface of every adapter, ``folder`` the adapter here, ``file_dossier`` the use case, ``deliver`` the durable job.
"""
