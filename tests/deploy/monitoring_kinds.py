"""Judges resources of the Prometheus operator by models that are made from its own definitions; fields they do not have fail."""
import sys

import yaml
from cloudcoil.models.prometheus_operator import v1

KINDS = {"PodMonitor": v1.PodMonitor, "PrometheusRule": v1.PrometheusRule}


def unknown(given, known, at):
    """Paths that were given and are not in what the model made of it."""
    if isinstance(given, dict):
        if not isinstance(known, dict):
            return [at]
        return [path for key, value in given.items()
                for path in ([f"{at}.{key}"] if key not in known else unknown(value, known[key], f"{at}.{key}"))]
    if isinstance(given, list):
        return [path for number, value in enumerate(given) for path in unknown(value, known[number], f"{at}[{number}]")]
    return []


wrong = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for given in yaml.safe_load_all(file):
            model = KINDS[given["kind"]].model_validate(given)
            lost = unknown(given, model.model_dump(by_alias=True, exclude_unset=True, mode="json"), given["kind"])
            wrong += len(lost)
            print(f"{path}: {given['kind']} {'has unknown ' + ', '.join(lost) if lost else 'passed'}")
sys.exit(bool(wrong))
