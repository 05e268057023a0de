"""Judges Strimzi's resources by Strimzi's own definitions; fields that these do not have fail. strimzi_kinds.py CRDS FILE..."""
import pathlib
import sys

import jsonschema
import yaml


def strict(schema):
    """The schema, with what it does not name forbidden, as a server that validates strictly has it."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: strict(part) for key, part in schema.items()}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    return schema


judges = {}
for path in pathlib.Path(sys.argv[1]).glob("*.yaml"):
    definition = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    for version in definition["versions"]:
        schema = strict(version["schema"]["openAPIV3Schema"])
        schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}  # Kubernetes' own
        of = f"{definition['group']}/{version['name']}", definition["names"]["kind"]
        judges[of] = jsonschema.Draft202012Validator(schema)

wrong = 0
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        for given in yaml.safe_load_all(file):
            judge = judges.get((given["apiVersion"], given["kind"]))
            said = [f"{error.json_path}: {error.message}" for error in judge.iter_errors(given)] if judge else ["no such kind or version"]
            wrong += len(said)
            print(f"{path}: {given['apiVersion']} {given['kind']} {'; '.join(said) or 'passed'}")
sys.exit(bool(wrong))
