"""``manage.py load_profile rokusho``"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent_app.domain.profile_parser import ProfileError
from consent_app.services import profiles


class Command(BaseCommand):
    """Exit status 0: loaded (or, with ``--check``, valid); 1: nothing was changed and the reason was printed."""

    help = gettext_lazy(  # type: ignore[assignment]
        "事業者プロフィール（TOML）を確かめて読み込みます。何度実行しても結果は同じです。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("profile", help=_("同梱のプロフィールの名前（例：rokusho）か、TOMLファイルのパス"))
        parser.add_argument("--check", action="store_true", help=_("確かめるだけで、読み込みません"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            profile = profiles.read_profile(options["profile"])
        except ProfileError as error:
            for problem in error.problems:
                self.stderr.write(str(problem))
            raise CommandError(
                _("プロフィール「%(name)s」に%(count)s件の問題があります。何も変えていません。")
                % {"name": options["profile"], "count": len(error.problems)}
            ) from None
        except profiles.ProfileNotFound as error:
            raise CommandError(str(error)) from None
        if options["check"]:
            self.stdout.write(_("プロフィール「%(name)s」に問題はありません。") % {"name": profile.operator.code})
            return
        try:
            report = profiles.load_profile(profile=profile, actor="command")
        except profiles.OtherOperator as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            _(
                "プロフィール「%(name)s」："
                "追加 %(created)s件、変更 %(changed)s件、変更なし %(unchanged)s件、廃止 %(retired)s件"
            )
            % {
                "name": profile.operator.code,
                "created": len(report.created),
                "changed": len(report.changed),
                "unchanged": len(report.unchanged),
                "retired": len(report.retired),
            }
        )
        if options["verbosity"] > 1:
            for entry in report.created:
                self.stdout.write(_("追加 %(entry)s") % {"entry": entry})
            for entry in report.changed:
                self.stdout.write(_("変更 %(entry)s") % {"entry": entry})
        for entry in report.retired:
            self.stdout.write(_("廃止 %(entry)s") % {"entry": entry})
        for caution in report.cautions:
            self.stdout.write(_("注意 %(caution)s") % {"caution": caution})
