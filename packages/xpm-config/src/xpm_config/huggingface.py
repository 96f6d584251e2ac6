"""Configurations on the Hugging Face hub.

The hub itself needs the extra `hub` (`pip install "xpm-config[hub]"`), local folders do not.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from xpm_config.jsonio import write_json
from xpm_config.serialization.context import SerializationContext
from xpm_config.serialization.files import DEFINITION, load, state_dict

if TYPE_CHECKING:
    from xpm_config.config import Config

__all__ = ["ExperimaestroHFHub"]


class ExperimaestroHFHub:
    """A configuration that can be put on the hub, with its data files, and taken from it.

    Args:
        config: The configuration.

    Attributes:
        definition_filename: The name of the JSON file.
        serialization_context_class: Says where the data files go.

    Example:
        >>> ExperimaestroHFHub(Model.C(hidden=3)).save_pretrained(folder)
        >>> ExperimaestroHFHub.from_pretrained(folder).hidden
        3
    """

    definition_filename: ClassVar[str] = DEFINITION
    serialization_context_class: ClassVar[type[SerializationContext]] = SerializationContext

    def __init__(self, config: Config) -> None:
        self.config = config

    def save_pretrained(self, save_directory: Path | str) -> None:
        """Save the configuration in a folder, made if it is not there.

        Raises:
            SerializationError: A value has no form in JSON, or a data file does not exist.
        """
        folder = Path(save_directory)
        folder.mkdir(parents=True, exist_ok=True)
        context = self.serialization_context_class(save_directory=folder)
        # As 2.x writes it: the list of objects alone, the configuration last
        objects = state_dict(context, self.config)["objects"]
        write_json(folder / self.definition_filename, objects)

    def push_to_hub(
        self,
        repo_id: str,
        *,
        commit_message: str = "Push a configuration",
        private: bool | None = None,
        token: str | None = None,
        branch: str | None = None,
        create_pr: bool | None = None,
    ) -> str:
        """Save the configuration in a repository of the hub, made if it is not there.

        Args:
            repo_id: The repository, as `user/name`.
            commit_message: What the commit says.
            private: Whether a new repository is private; by default, as the account says.
            token: The token to use; by default, the one that is logged in.
            branch: The branch; by default, the main one.
            create_pr: Whether to make a pull request.

        Returns:
            The address of the commit.

        Raises:
            ImportError: The package huggingface-hub is not installed.
        """
        from tempfile import TemporaryDirectory  # lazy: only to push

        api = _hub().HfApi(token=token)
        repository = api.create_repo(repo_id=repo_id, private=private, exist_ok=True).repo_id
        with TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            commit = api.upload_folder(
                repo_id=repository,
                folder_path=folder,
                commit_message=commit_message,
                revision=branch,
                create_pr=create_pr,
            )
        return str(commit.commit_url)

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: Path | str,
        *,
        as_instance: bool = False,
        revision: str | None = None,
        cache_dir: Path | str | None = None,
        token: str | None = None,
        local_files_only: bool = False,
    ) -> Any:
        """The configuration of a folder, or of a repository of the hub.

        Args:
            pretrained_model_name_or_path: A folder; otherwise a repository, as `user/name`.
            as_instance: Build the value object, and not the configuration object.
            revision: The branch, tag or commit; by default, the main branch.
            cache_dir: Where what is downloaded is kept; by default, where the hub keeps it.
            token: The token to use; by default, the one that is logged in.
            local_files_only: Download nothing, use what was kept.

        Raises:
            ImportError: A repository is asked for, and huggingface-hub is not installed.
            FileNotFoundError: There is no configuration.
            SerializationError: What was saved does not fit the present code.
        """
        folder = Path(pretrained_model_name_or_path)
        if not folder.is_dir():
            folder = Path(
                _hub().snapshot_download(
                    repo_id=str(pretrained_model_name_or_path),
                    revision=revision,
                    cache_dir=cache_dir,
                    token=token,
                    local_files_only=local_files_only,
                )
            )
        return load(folder, as_instance, definition_filename=cls._definition_of(folder))

    @classmethod
    def _definition_of(cls, folder: Path) -> str | None:
        """The name of the JSON file; None for the usual ones, older names included."""
        return cls.definition_filename if (folder / cls.definition_filename).exists() else None


def _hub() -> ModuleType:
    """The package of the hub.

    Raises:
        ImportError: It is not installed.
    """
    from importlib import import_module  # lazy: an extra

    try:
        return import_module("huggingface_hub")
    except ImportError as error:
        raise ImportError(
            'The Hugging Face hub needs the package huggingface-hub: pip install "xpm-config[hub]"'
        ) from error
