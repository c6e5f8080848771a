"""Doorstep: three lines wrap a Python function into a web page.

    import doorstep as ds

    ds.Interface(lambda name: f"Hello {name}!", "text", "text").launch()

Names load when they are first used: importing the package itself costs next to nothing.
"""

from __future__ import annotations

import sys as _sys
from importlib import import_module as _import_module
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from doorstep.blocks import Blocks as Blocks
    from doorstep.chat import ChatInterface as ChatInterface
    from doorstep.components.annotated_image import AnnotatedImage as AnnotatedImage
    from doorstep.components.annotated_image import Annotatedimage as Annotatedimage
    from doorstep.components.audio import Audio as Audio
    from doorstep.components.audio import Mic as Mic
    from doorstep.components.audio import Microphone as Microphone
    from doorstep.components.base import Component as Component
    from doorstep.components.browser_state import BrowserState as BrowserState
    from doorstep.components.button import Button as Button
    from doorstep.components.button import ClearButton as ClearButton
    from doorstep.components.chat_messages import ChatMessage as ChatMessage
    from doorstep.components.chatbot import Chatbot as Chatbot
    from doorstep.components.checkbox import Checkbox as Checkbox
    from doorstep.components.checkbox_group import CheckboxGroup as CheckboxGroup
    from doorstep.components.checkbox_group import Checkboxgroup as Checkboxgroup
    from doorstep.components.code import Code as Code
    from doorstep.components.color_picker import ColorPicker as ColorPicker
    from doorstep.components.dataframe import DataFrame as DataFrame
    from doorstep.components.dataframe import Dataframe as Dataframe
    from doorstep.components.dataframe import List as List
    from doorstep.components.dataframe import Matrix as Matrix
    from doorstep.components.dataframe import Numpy as Numpy
    from doorstep.components.dataset import Dataset as Dataset
    from doorstep.components.date_time import DateTime as DateTime
    from doorstep.components.deep_link_button import DeepLinkButton as DeepLinkButton
    from doorstep.components.dialogue import Dialogue as Dialogue
    from doorstep.components.dropdown import Dropdown as Dropdown
    from doorstep.components.editor_options import Brush as Brush
    from doorstep.components.editor_options import Eraser as Eraser
    from doorstep.components.editor_options import LayerOptions as LayerOptions
    from doorstep.components.file import File as File
    from doorstep.components.file import Files as Files
    from doorstep.components.file_buttons import DownloadButton as DownloadButton
    from doorstep.components.file_buttons import UploadButton as UploadButton
    from doorstep.components.file_explorer import FileExplorer as FileExplorer
    from doorstep.components.gallery import Gallery as Gallery
    from doorstep.components.highlighted_text import Highlight as Highlight
    from doorstep.components.highlighted_text import HighlightedText as HighlightedText
    from doorstep.components.highlighted_text import Highlightedtext as Highlightedtext
    from doorstep.components.html import HTML as HTML
    from doorstep.components.image import Image as Image
    from doorstep.components.image_editor import ImageEditor as ImageEditor
    from doorstep.components.image_editor import ImageMask as ImageMask
    from doorstep.components.image_editor import Paint as Paint
    from doorstep.components.image_editor import Sketchpad as Sketchpad
    from doorstep.components.image_slider import ImageSlider as ImageSlider
    from doorstep.components.json_view import JSON as JSON
    from doorstep.components.json_view import Json as Json
    from doorstep.components.label import Label as Label
    from doorstep.components.layout import Box as Box
    from doorstep.components.layout import Column as Column
    from doorstep.components.layout import Group as Group
    from doorstep.components.layout import Row as Row
    from doorstep.components.login_button import DuplicateButton as DuplicateButton
    from doorstep.components.login_button import LoginButton as LoginButton
    from doorstep.components.login_button import LogoutButton as LogoutButton
    from doorstep.components.markdown import Markdown as Markdown
    from doorstep.components.media_options import WaveformOptions as WaveformOptions
    from doorstep.components.model3d import Model3D as Model3D
    from doorstep.components.multimodal_textbox import MultimodalTextbox as MultimodalTextbox
    from doorstep.components.native_plot import BarPlot as BarPlot
    from doorstep.components.native_plot import LinePlot as LinePlot
    from doorstep.components.native_plot import ScatterPlot as ScatterPlot
    from doorstep.components.navbar import Navbar as Navbar
    from doorstep.components.number import Number as Number
    from doorstep.components.panels import Accordion as Accordion
    from doorstep.components.panels import Draggable as Draggable
    from doorstep.components.panels import Sidebar as Sidebar
    from doorstep.components.param_viewer import ParamViewer as ParamViewer
    from doorstep.components.plot import Plot as Plot
    from doorstep.components.radio import Radio as Radio
    from doorstep.components.slider import Slider as Slider
    from doorstep.components.state import State as State
    from doorstep.components.state import Variable as Variable
    from doorstep.components.tabs import Step as Step
    from doorstep.components.tabs import Tab as Tab
    from doorstep.components.tabs import TabItem as TabItem
    from doorstep.components.tabs import Tabs as Tabs
    from doorstep.components.tabs import Walkthrough as Walkthrough
    from doorstep.components.textbox import Text as Text
    from doorstep.components.textbox import TextArea as TextArea
    from doorstep.components.textbox import Textbox as Textbox
    from doorstep.components.timer import Timer as Timer
    from doorstep.components.video import PlayableVideo as PlayableVideo
    from doorstep.components.video import Video as Video
    from doorstep.components.watermark import WatermarkOptions as WatermarkOptions
    from doorstep.components.webcam import WebcamOptions as WebcamOptions
    from doorstep.components.widget import Widget as Widget
    from doorstep.errors import Error as Error
    from doorstep.events.data import CopyData as CopyData
    from doorstep.events.data import DeletedFileData as DeletedFileData
    from doorstep.events.data import DownloadData as DownloadData
    from doorstep.events.data import EditData as EditData
    from doorstep.events.data import EventData as EventData
    from doorstep.events.data import KeyUpData as KeyUpData
    from doorstep.events.data import LikeData as LikeData
    from doorstep.events.data import MessageData as MessageData
    from doorstep.events.data import RetryData as RetryData
    from doorstep.events.data import SelectData as SelectData
    from doorstep.events.data import UndoData as UndoData
    from doorstep.events.on import api as api
    from doorstep.events.on import on as on
    from doorstep.events.updates import skip as skip
    from doorstep.events.updates import update as update
    from doorstep.events.updates import validate as validate
    from doorstep.examples import Examples as Examples
    from doorstep.files import set_static_paths as set_static_paths
    from doorstep.flagging import CSVLogger as CSVLogger
    from doorstep.flagging import FlaggingCallback as FlaggingCallback
    from doorstep.flagging import SimpleCSVLogger as SimpleCSVLogger
    from doorstep.i18n import I18n as I18n
    from doorstep.interface import Interface as Interface
    from doorstep.launch import close_all as close_all
    from doorstep.media import get_audio as get_audio
    from doorstep.media import get_file as get_file
    from doorstep.media import get_image as get_image
    from doorstep.media import get_model3d as get_model3d
    from doorstep.media import get_video as get_video
    from doorstep.mount import mount_app as mount_app
    from doorstep.mount import mount_gradio_app as mount_gradio_app
    from doorstep.progress import Progress as Progress
    from doorstep.render import render as render
    from doorstep.request import Request as Request
    from doorstep.tabbed import TabbedInterface as TabbedInterface
    from doorstep.themes import Theme as Theme
    from doorstep.toasts import Info as Info
    from doorstep.toasts import Success as Success
    from doorstep.toasts import Warning as Warning  # noqa: A004  # the public name that users know

__version__ = "0.1.0"

NO_RELOAD = True
"""False while `doorstep app.py` runs a script again; `if ds.NO_RELOAD:` guards what is done once, such as
loading a model."""

MODULES: Final = {
    "Accordion": "components.panels",
    "AnnotatedImage": "components.annotated_image",
    "Annotatedimage": "components.annotated_image",
    "Audio": "components.audio",
    "BarPlot": "components.native_plot",
    "Blocks": "blocks",
    "Box": "components.layout",
    "BrowserState": "components.browser_state",
    "Brush": "components.editor_options",
    "Button": "components.button",
    "CSVLogger": "flagging",
    "ChatInterface": "chat",
    "ChatMessage": "components.chat_messages",
    "Chatbot": "components.chatbot",
    "Checkbox": "components.checkbox",
    "CheckboxGroup": "components.checkbox_group",
    "Checkboxgroup": "components.checkbox_group",
    "ClearButton": "components.button",
    "Code": "components.code",
    "ColorPicker": "components.color_picker",
    "Column": "components.layout",
    "Component": "components.base",
    "CopyData": "events.data",
    "DataFrame": "components.dataframe",
    "Dataframe": "components.dataframe",
    "Dataset": "components.dataset",
    "DateTime": "components.date_time",
    "DeepLinkButton": "components.deep_link_button",
    "DeletedFileData": "events.data",
    "Dialogue": "components.dialogue",
    "DownloadButton": "components.file_buttons",
    "DownloadData": "events.data",
    "Draggable": "components.panels",
    "Dropdown": "components.dropdown",
    "DuplicateButton": "components.login_button",
    "EditData": "events.data",
    "Eraser": "components.editor_options",
    "Error": "errors",
    "EventData": "events.data",
    "Examples": "examples",
    "File": "components.file",
    "FileExplorer": "components.file_explorer",
    "Files": "components.file",
    "FlaggingCallback": "flagging",
    "Gallery": "components.gallery",
    "Group": "components.layout",
    "HTML": "components.html",
    "Highlight": "components.highlighted_text",
    "HighlightedText": "components.highlighted_text",
    "Highlightedtext": "components.highlighted_text",
    "I18n": "i18n",
    "Image": "components.image",
    "ImageEditor": "components.image_editor",
    "ImageMask": "components.image_editor",
    "ImageSlider": "components.image_slider",
    "Info": "toasts",
    "Interface": "interface",
    "JSON": "components.json_view",
    "Json": "components.json_view",
    "KeyUpData": "events.data",
    "MessageData": "events.data",
    "Label": "components.label",
    "LayerOptions": "components.editor_options",
    "LikeData": "events.data",
    "LinePlot": "components.native_plot",
    "List": "components.dataframe",
    "LoginButton": "components.login_button",
    "LogoutButton": "components.login_button",
    "Markdown": "components.markdown",
    "Matrix": "components.dataframe",
    "Mic": "components.audio",
    "Microphone": "components.audio",
    "Model3D": "components.model3d",
    "MultimodalTextbox": "components.multimodal_textbox",
    "Navbar": "components.navbar",
    "Number": "components.number",
    "Numpy": "components.dataframe",
    "Paint": "components.image_editor",
    "ParamViewer": "components.param_viewer",
    "PlayableVideo": "components.video",
    "Plot": "components.plot",
    "Progress": "progress",
    "Radio": "components.radio",
    "Request": "request",
    "RetryData": "events.data",
    "Row": "components.layout",
    "ScatterPlot": "components.native_plot",
    "SelectData": "events.data",
    "Sidebar": "components.panels",
    "SimpleCSVLogger": "flagging",
    "Sketchpad": "components.image_editor",
    "Slider": "components.slider",
    "State": "components.state",
    "Step": "components.tabs",
    "Success": "toasts",
    "Tab": "components.tabs",
    "TabItem": "components.tabs",
    "TabbedInterface": "tabbed",
    "Tabs": "components.tabs",
    "Text": "components.textbox",
    "TextArea": "components.textbox",
    "Textbox": "components.textbox",
    "Theme": "themes",
    "Timer": "components.timer",
    "UndoData": "events.data",
    "UploadButton": "components.file_buttons",
    "Variable": "components.state",
    "Video": "components.video",
    "Walkthrough": "components.tabs",
    "Warning": "toasts",
    "WatermarkOptions": "components.watermark",
    "WaveformOptions": "components.media_options",
    "WebcamOptions": "components.webcam",
    "Widget": "components.widget",
    "api": "events.on",
    "close_all": "launch",
    "get_audio": "media",
    "get_file": "media",
    "get_image": "media",
    "get_model3d": "media",
    "get_video": "media",
    "mount_app": "mount",
    "mount_gradio_app": "mount",
    "on": "events.on",
    "render": "render",
    "set_static_paths": "files",
    "skip": "events.updates",
    "update": "events.updates",
    "validate": "events.updates",
}
"""Public name -> the module that has it. (For type checkers the same stands above.)"""

_PACKAGES: Final = frozenset({"components", "inputs", "media", "outputs", "themes"})
"""Public modules and packages of this one."""

__all__ = sorted(MODULES)  # noqa: PLE0605  # a list of texts, though not written as one


class _Package(_ModuleType):
    """Importing `doorstep.render`, the module, must not put it in the place of `render`, the public name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in MODULES and isinstance(value, _ModuleType)):
            super().__setattr__(name, value)


_sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return _import_module(f"doorstep.{name}")
    if name not in MODULES:
        from doorstep.later import NAMES, missing_name

        if name in NAMES:
            raise missing_name(name, __all__)
        raise AttributeError(f"module 'doorstep' has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(f"doorstep.{MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__", *_PACKAGES]
