"""What the mails about requests carry."""

from privacy_portal.core.mail_attachments import register

register("answer", "requests_app.services.answer_mails.attachment")
