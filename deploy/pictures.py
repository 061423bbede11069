"""The commands that read pictures and video: plates, QR codes, cameras, and the weights that plates need."""

import argparse
import sys
from pathlib import Path

from deploy.configuration import Configuration
from monitor.cameras import command as cameras
from registry.plates import command as plates
from registry.plates import weights
from registry.qr import command as qr


def models_dir(configuration: Configuration) -> Path:
    """Where the weights lie."""
    return configuration.settings.models_dir or weights.default_models_dir()


def read_plates(options: argparse.Namespace, configuration: Configuration) -> int:
    return plates.read_plates(options.files, models_dir=models_dir(configuration), as_json=options.json, out=sys.stdout)


def read_qr(options: argparse.Namespace, _configuration: Configuration) -> int:
    return qr.read_qr_files(options.files, as_json=options.json, out=sys.stdout)


def watch_camera(options: argparse.Namespace, _configuration: Configuration) -> int:
    return cameras.watch(
        options.source, config=options.camera_file, as_json=options.json, fast=options.fast, out=sys.stdout
    )


def fetch_models(_options: argparse.Namespace, configuration: Configuration) -> int:
    return plates.fetch_models(models_dir=models_dir(configuration), out=sys.stdout)
