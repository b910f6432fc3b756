// `Caller`: a class whose instances find the compiled program for their arguments without any Python in between.
//
// A class of Python's derives from it and says in `call_in_python` what happens where no program is known yet.
#include "program.hpp"

namespace entry {

constexpr std::size_t MOST_PROGRAMS = 64;

struct Programs {
    HeldProgram all[MOST_PROGRAMS];  // the one called last comes first, and those of any size come after all others
    std::size_t size = 0;
};

struct Caller : PyObject {
    PyObject *(*enter)(PyObject *, PyObject *const *, std::size_t, PyObject *);
    Programs *programs;
};

[[gnu::cold]] static PyObject *slowly(PyObject *self, PyObject *const *given, Py_ssize_t count, PyObject *names) {
    static PyObject *const method = PyUnicode_InternFromString("call_in_python");
    const Py_ssize_t named = names == nullptr ? 0 : PyTuple_Size(names);
    Row<PyObject *> all(std::size_t(1 + count + named));
    all[0] = self;
    for (Py_ssize_t at = 0; at < count + named; ++at) all[std::size_t(1 + at)] = given[at];
    return PyObject_VectorcallMethod(method, all.begin(), std::size_t(count) + 1, names);
}

static PyObject *enter(PyObject *self, PyObject *const *given, std::size_t flagged, PyObject *names) {
    const Py_ssize_t count = Py_ssize_t(flagged & ~(std::size_t(1) << (8 * sizeof(std::size_t) - 1)));
    Programs &programs = *static_cast<Caller *>(self)->programs;
    for (std::size_t at = 0; names == nullptr && at < programs.size; ++at) {
        Call call;
        const HeldProgram one = programs.all[at];  // another thread may drop it while it runs
        if (one->takes(given, count, call)) {
            if (at != 0 && one->symbols == 0 && at < programs.size && programs.all[at] == one)
                programs.all[0].swap(programs.all[at]);
            PyObject *const answer = one->run(call);
            if (answer != nullptr || PyErr_Occurred() != nullptr) return answer;
            break;
        }
        if (PyErr_Occurred() != nullptr) return nullptr;
    }
    return slowly(self, given, count, names);
}

[[gnu::cold]] static PyObject *make(PyTypeObject *type, PyObject *, PyObject *) {
    PyObject *made = PyType_GenericAlloc(type, 0);
    if (made == nullptr) return nullptr;
    auto *self = static_cast<Caller *>(made);
    self->enter = enter;
    self->programs = new Programs();
    return made;
}

[[gnu::cold]] static PyObject *learn(PyObject *self, PyObject *arguments) {
    const HeldProgram one(new Program(arguments));
    if (PyErr_Occurred() != nullptr) return nullptr;
    Programs &programs = *static_cast<Caller *>(self)->programs;
    HeldProgram dropped;  // its end runs code, when all is in order
    if (programs.size == MOST_PROGRAMS) dropped.swap(programs.all[--programs.size]);
    std::size_t at = programs.size++;
    for (; one->symbols == 0 && at > 0; --at) programs.all[at].swap(programs.all[at - 1]);
    programs.all[at] = one;
    return Held::borrowed(&_Py_NoneStruct).release();
}

[[gnu::cold]] static int traverse(PyObject *self, Visit visit, void *with) {
    if (const int stop = visit(reinterpret_cast<PyObject *>(self->type), with)) return stop;
    const Programs &programs = *static_cast<Caller *>(self)->programs;
    for (std::size_t at = 0; at < programs.size; ++at)
        if (programs.all[at]->holders == 1)
            if (const int stop = programs.all[at]->visit(visit, with)) return stop;
    return 0;
}

[[gnu::cold]] static int clear(PyObject *self) {
    Programs &programs = *static_cast<Caller *>(self)->programs;
    Programs dropped;  // their end runs code, when none is left
    for (; programs.size > 0; ++dropped.size) dropped.all[dropped.size].swap(programs.all[--programs.size]);
    return 0;
}

[[gnu::cold]] static void drop(PyObject *self) {
    PyObject_GC_UnTrack(self);
    delete static_cast<Caller *>(self)->programs;
    PyTypeObject *type = self->type;
    reinterpret_cast<void (*)(void *)>(PyType_GetSlot(type, python::FREE))(self);
    Py_DecRef(reinterpret_cast<PyObject *>(type));
}

}  // namespace entry

// Returns the class; `table` is NumPy's table of functions.
extern "C" PyObject *lantern_caller(void **table) {
    using namespace entry;
    numpy::table = table;
    static PyMemberDef members[] = {
        {"__vectorcalloffset__", python::SIZE_MEMBER, sizeof(PyObject), python::READ_ONLY, nullptr}, {}};
    static PyMethodDef methods[] = {
        {"learn", learn, python::POSITIONAL, "Know one more program; its signature is a tuple of signature.py."}, {}};
    static PyType_Slot slots[] = {
        {python::NEW, reinterpret_cast<void *>(make)},
        {python::CALL, reinterpret_cast<void *>(PyVectorcall_Call)},
        {python::TRAVERSE, reinterpret_cast<void *>(traverse)},
        {python::CLEAR, reinterpret_cast<void *>(clear)},
        {python::DEALLOC, reinterpret_cast<void *>(drop)},
        {python::METHODS, methods},
        {python::MEMBERS, members},
        {}};
    static PyType_Spec spec{
        "snek_strategies.backends.lantern.Caller", sizeof(Caller), 0,
        python::DEFAULT | python::BASE_TYPE | python::VECTORCALL | python::COLLECTED, slots};
    return PyType_FromSpec(&spec);
}
