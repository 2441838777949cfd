"""Writes golden.json: what ansible-core's own Templar gives for every case in cases.json.

Run by hand where ansible-core 2.14 to 2.18 is installed: python3 make.py. The tests only read golden.json.
"""

import json
import math
import os

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.conditional import Conditional
from ansible.plugins.loader import lookup_loader
from ansible.template import AnsibleEnvironment, Templar
from ansible.release import __version__
from jinja2.runtime import Undefined

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ['LIFEBOAT_GOLDEN'] = 'from the environment'

with open(os.path.join(HERE, 'cases.json'), encoding='utf-8') as stream:
    cases = json.load(stream)


def templar():
    loader = DataLoader()
    loader.set_basedir(HERE)
    variables = json.loads(json.dumps(cases['variables']))
    engine = Templar(loader=loader, variables={**variables, 'ansible_search_path': [HERE], 'omit': 'omitted'})
    engine.environment.loader.searchpath = [os.path.join(HERE, 'templates'), HERE]
    return engine


def plain(value):
    if isinstance(value, Undefined):
        return {'$undefined': True}
    if isinstance(value, float):
        return {'$float': repr(value)} if not math.isfinite(value) or value == int(value) else value
    if isinstance(value, int) and abs(value) >= 2**53:
        return {'$integer': str(value)}
    if isinstance(value, (str, int)) or value is None:
        return str(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) or hasattr(value, '__iter__'):
        return [plain(item) for item in value]
    return str(value)


def attempt(run):
    try:
        return {'value': plain(run())}
    except Exception as error:  # every error counts alike: ours has its own words
        return {'error': type(error).__name__ + ': ' + str(error)[:200]}


def expression(text):
    engine = templar()
    compiled = engine.environment.compile_expression(text, undefined_to_none=False)
    return compiled(**{**engine.environment.globals, **engine.available_variables})


def condition(text):
    judge = Conditional(loader=DataLoader())
    judge.when = [text]
    return judge.evaluate_conditional(templar(), cases['variables'])


def file(case):
    text, options = (case, {}) if isinstance(case, str) else (case['text'], case['options'])
    folders = [os.path.join(HERE, 'templates'), HERE]
    engine = templar().copy_with_new_env(environment_class=AnsibleEnvironment, searchpath=folders, **options)
    return engine.do_template(text, preserve_trailing_newlines=True, escape_backslashes=False)


def loop(case):
    engine = templar()
    terms = engine.template(case['terms'])
    if not isinstance(terms, list):
        terms = [terms]
    return lookup_loader.get(case['kind'], loader=engine._loader, templar=engine).run(terms, variables=cases['variables'])


golden = {
    'made with': 'ansible-core ' + __version__,
    'expressions': {text: attempt(lambda: expression(text)) for text in cases['expressions']},
    'templates': {text: attempt(lambda: templar().template(text)) for text in cases['templates']},
    'conditions': {text: attempt(lambda: condition(text)) for text in cases['conditions']},
    'files': [attempt(lambda: file(case)) for case in cases['files']],
    'loops': [attempt(lambda: loop(case)) for case in cases['loops']],
}

with open(os.path.join(HERE, 'golden.json'), 'w', encoding='utf-8') as stream:
    json.dump(golden, stream, indent=1, ensure_ascii=False)
    stream.write('\n')
