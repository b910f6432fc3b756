"""The test modules that the proof runs, and the library modules that each is about."""

from __future__ import annotations

_LANGUAGE = (
    "test_abc test_augassign test_baseexception test_binop test_bool test_bytes test_call test_class test_cmath "
    "test_compare test_complex test_comprehensions test_contains test_context test_coroutines test_decorators "
    "test_defaultdict test_deque test_descr test_descrtut test_dict test_dictcomps test_dictviews test_enumerate "
    "test_eof test_except_star test_exception_group test_exception_hierarchy test_exception_variations "
    "test_exceptions test_file_eintr test_float test_flufl test_format test_frozen test_fstring "
    "test_funcattrs test_future test_generator_stop test_generators test_generic_class test_genericalias "
    "test_genericclass test_getopt test_global test_grammar test_hash test_index test_int "
    "test_isinstance test_iter test_iterlen test_keyword test_keywordonlyarg test_lambda test_list "
    "test_long test_math test_memoryview test_module test_named_expressions test_numeric_tower "
    "test_opcodes test_ordered_dict test_patma test_positional_only_arg test_pow "
    "test_print test_property test_pyclbr test_raise test_range test_richcmp test_scope test_set "
    "test_slice test_sort test_string_literals test_strtod test_structseq test_subclassinit test_super "
    "test_syntax test_ternary test_tuple test_type_aliases test_type_comments test_type_params test_typechecks "
    "test_types test_unary test_unicode_identifiers test_union test_unpack test_userdict "
    "test_userlist test_userstring test_utf8source test_weakref test_weakset test_with test_yield_from test_closures "
    "test_asyncgen test_dynamic test_dynamicclassattribute test_errno test_bisect"
)
LANGUAGE = _LANGUAGE.split()
"""Modules about the language and its built-in types; none whose tests are all doctests: texts, without a function."""

LIBRARY = {
    "test_argparse": ("argparse",),
    "test_array": (),
    "test_ast": (),
    "test_base64": ("base64",),
    "test_bdb": ("bdb",),
    "test_binascii": (),
    "test_bufio": (),
    "test_calendar": ("calendar",),
    "test_cmd": ("cmd",),
    "test_codecs": (),
    "test_codeop": ("codeop",),
    "test_collections": (),
    "test_colorsys": ("colorsys",),
    "test_configparser": ("configparser",),
    "test_contextlib": ("contextlib",),
    "test_contextlib_async": (),
    "test_copy": ("copy",),
    "test_copyreg": (),
    "test_csv": ("csv",),
    "test_dataclasses": ("dataclasses",),
    "test_decimal": (),
    "test_difflib": ("difflib",),
    "test_dis": (),
    "test_email": (),
    "test_enum": (),
    "test_filecmp": ("filecmp",),
    "test_fileinput": ("fileinput",),
    "test_fnmatch": ("fnmatch",),
    "test_fractions": ("fractions",),
    "test_functools": ("functools",),
    "test_genericpath": (),
    "test_gettext": ("gettext",),
    "test_glob": ("glob",),
    "test_graphlib": ("graphlib",),
    "test_hashlib": (),
    "test_heapq": ("heapq",),
    "test_hmac": ("hmac",),
    "test_html": ("html",),
    "test_htmlparser": ("html.parser",),
    "test_http_cookies": ("http.cookies",),
    "test_imghdr": (),
    "test_io": (),
    "test_ipaddress": ("ipaddress",),
    "test_itertools": (),
    "test_json": ("json", "json.decoder", "json.encoder", "json.scanner"),
    "test_keywordonlyarg": (),
    "test_linecache": (),
    "test_mimetypes": ("mimetypes",),
    "test_minidom": ("xml.dom.minidom",),
    "test_netrc": ("netrc",),
    "test_ntpath": (),
    "test_numeric_tower": (),
    "test_opcache": (),
    "test_operator": (),
    "test_optparse": ("optparse",),
    "test_pathlib": ("pathlib",),
    "test_pkgutil": (),
    "test_plistlib": ("plistlib",),
    "test_posixpath": (),
    "test_pprint": ("pprint",),
    "test_pulldom": ("xml.dom.pulldom",),
    "test_queue": ("queue",),
    "test_quopri": ("quopri",),
    "test_random": ("random",),
    "test_re": (),
    "test_reprlib": ("reprlib",),
    "test_robotparser": ("urllib.robotparser",),
    "test_sched": ("sched",),
    "test_secrets": ("secrets",),
    "test_shelve": ("shelve",),
    "test_shlex": ("shlex",),
    "test_smtplib": (),
    "test_statistics": ("statistics",),
    "test_string": ("string",),
    "test_stringprep": ("stringprep",),
    "test_struct": (),
    "test_symtable": ("symtable",),
    "test_tabnanny": ("tabnanny",),
    "test_tempfile": (),
    "test_textwrap": ("textwrap",),
    "test_threadedtempfile": (),
    "test_timeit": ("timeit",),
    "test_tomllib": (),
    "test_traceback": (),
    "test_unicodedata": (),
    "test_unittest": (),
    "test_urllib": (),
    "test_urlparse": ("urllib.parse",),
    "test_uuid": ("uuid",),
    "test_wave": (),
    "test_wsgiref": (),
    "test_xml_etree": (),
    "test_xmlrpc": (),
    "test_zipapp": ("zipapp",),
}
"""Modules about the standard library, each with the pure-Python modules that are virtualized with it."""


def all_modules() -> dict[str, tuple[str, ...]]:
    """Return every test module with its library modules."""
    return {**dict.fromkeys(LANGUAGE, ()), **LIBRARY}
