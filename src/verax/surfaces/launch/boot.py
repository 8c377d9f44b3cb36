"""The first file that the isolated interpreter runs; `launcher` says how and why.

With ``-S`` nothing in site-packages runs by itself: no ``.pth`` line, no sitecustomize. This
file puts the two folders on the path and hands over. It is a script, never imported.
"""

import gc
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

if __name__ == "__main__":
    if not (sys.flags.isolated and sys.flags.no_site and sys.pycache_prefix):
        sys.exit("error: boot.py is started by 'verax up' only")
    # Nothing that an import makes is garbage; `measure` turns the collector on again.
    gc.disable()
    environment = Path(sys.executable).parent.resolve().parent
    if (environment / "pyvenv.cfg").exists():
        # What the site module would have done, had it run.
        sys.prefix = sys.exec_prefix = str(environment)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    package_root = Path(__file__).resolve().parents[3]
    for folder in (str(package_root), str(Path(sys.prefix, "lib", version, "site-packages"))):
        if folder not in sys.path:
            sys.path.append(folder)

    name = "verax.surfaces.launch.sources"
    spec = spec_from_file_location(name, Path(__file__).with_name("sources.py"))
    if spec is None or spec.loader is None:
        sys.exit("error: sources.py does not lie beside boot.py")
    sources = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(sources)
    sources.install_loader()
    sources.compile_ahead(sources.default_hint())

    from verax.surfaces.launch.launcher import enter

    enter()
