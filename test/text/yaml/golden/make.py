"""Writes golden.json: what PyYAML's SafeLoader makes of every text in cases.json, and what its dumper writes.

Run by hand where PyYAML is installed: python3 make.py. The tests only read golden.json.
"""

import datetime
import json
import os

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))


class Loader(yaml.SafeLoader):
    """Dates stay texts, as Lifeboat keeps them."""


Loader.add_constructor('tag:yaml.org,2002:timestamp', Loader.construct_yaml_str)


def load(text):
    try:
        return {'value': plain(yaml.load(text, Loader=Loader))}
    except yaml.YAMLError as error:
        return {'error': type(error).__name__}


def plain(value):
    if isinstance(value, dict):
        return {key if isinstance(key, str) else '$' + type(key).__name__: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return {'$float': repr(value)}
    if isinstance(value, bytes):
        return value.decode()
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


with open(os.path.join(HERE, 'cases.json'), encoding='utf-8') as stream:
    cases = json.load(stream)

golden = {
    'made with': 'PyYAML ' + yaml.__version__,
    'scalars': {text: load(text) for text in cases['scalars']},
    'documents': [load(text) for text in cases['documents']],
    'texts': [
        yaml.dump({'k': text, 'l': [text]}, Dumper=yaml.SafeDumper, default_flow_style=False, allow_unicode=True)
        for text in cases['texts']
    ],
}

with open(os.path.join(HERE, 'golden.json'), 'w', encoding='utf-8') as stream:
    json.dump(golden, stream, indent=2, ensure_ascii=False)
    stream.write('\n')
