// What the entry uses of Python and NumPy. Own declarations, so that no headers need be installed: what stands here is
// the same in CPython 3.11 to 3.14 (with the GIL) and in NumPy 1.25 to 2.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
using Py_ssize_t = std::intptr_t;
struct PyTypeObject;
struct PyObject {
    Py_ssize_t references;
    PyTypeObject *type;
};
using Visit = int (*)(PyObject *, void *);
struct PyMemberDef {
    const char *name;
    int type;
    Py_ssize_t offset;
    int flags;
    const char *doc;
};
struct PyMethodDef {
    const char *name;
    PyObject *(*method)(PyObject *, PyObject *);
    int flags;
    const char *doc;
};
struct PyType_Slot {
    int slot;
    void *function;
};
struct PyType_Spec {
    const char *name;
    int size, item_size;
    unsigned flags;
    PyType_Slot *slots;
};

extern PyTypeObject PyFloat_Type, PyLong_Type, PyBool_Type, PyComplex_Type, PyUnicode_Type, PyTuple_Type, PyList_Type;
extern PyObject _Py_NoneStruct;

void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
PyObject *PyType_FromSpec(PyType_Spec *);
void *PyType_GetSlot(PyTypeObject *, int);
PyObject *PyType_GenericAlloc(PyTypeObject *, Py_ssize_t);
void PyObject_GC_UnTrack(void *);
PyObject *PyVectorcall_Call(PyObject *, PyObject *, PyObject *);
PyObject *PyObject_VectorcallMethod(PyObject *, PyObject *const *, std::size_t, PyObject *);
PyObject *PyObject_CallFunction(PyObject *, const char *, ...);
PyObject *PyObject_CallNoArgs(PyObject *);
PyObject *PyObject_GetAttr(PyObject *, PyObject *);
int PyObject_RichCompareBool(PyObject *, PyObject *, int);
PyObject *PyUnicode_InternFromString(const char *);
int PyArg_ParseTuple(PyObject *, const char *, ...);
double PyFloat_AsDouble(PyObject *);
PyObject *PyFloat_FromDouble(double);
long long PyLong_AsLongLongAndOverflow(PyObject *, int *);
long long PyLong_AsLongLong(PyObject *);
PyObject *PyLong_FromLongLong(long long);
PyObject *PyBool_FromLong(long);
double PyComplex_RealAsDouble(PyObject *);
double PyComplex_ImagAsDouble(PyObject *);
PyObject *PyComplex_FromDoubles(double, double);
Py_ssize_t PyTuple_Size(PyObject *);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
PyObject *PyTuple_New(Py_ssize_t);
int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *);
PyObject *PyList_New(Py_ssize_t);
int PyList_SetItem(PyObject *, Py_ssize_t, PyObject *);
PyObject *PyDict_GetItemWithError(PyObject *, PyObject *);
PyObject *PyCell_Get(PyObject *);
PyObject *PyCapsule_New(void *, const char *, void (*)(PyObject *));
PyObject *PyErr_Occurred();
}

namespace python {

constexpr unsigned DEFAULT = 0, BASE_TYPE = 1u << 10, VECTORCALL = 1u << 11, COLLECTED = 1u << 14;
enum Slot { CALL = 50, CLEAR = 51, DEALLOC = 52, METHODS = 64, NEW = 65, TRAVERSE = 71, MEMBERS = 72, FREE = 74 };
constexpr int SIZE_MEMBER = 19, READ_ONLY = 1, POSITIONAL = 1, EQUAL = 2;

inline std::size_t size(PyObject *tuple) { return std::size_t(PyTuple_Size(tuple)); }

// A reference that is given back.
class Held {
   public:
    PyObject *object;
    explicit Held(PyObject *own = nullptr) : object(own) {}
    Held(const Held &other) : object(other.object) { Py_IncRef(object); }
    Held(Held &&other) noexcept : object(other.object) { other.object = nullptr; }
    Held &operator=(Held other) noexcept {
        PyObject *before = object;
        object = other.object;
        other.object = before;
        return *this;
    }
    ~Held() { Py_DecRef(object); }
    static Held borrowed(PyObject *object) {
        Py_IncRef(object);
        return Held(object);
    }
    int visit(Visit visit, void *with) const { return object == nullptr ? 0 : visit(object, with); }
    PyObject *release() {
        PyObject *own = object;
        object = nullptr;
        return own;
    }
};

}  // namespace python

namespace numpy {

struct Array : PyObject {
    char *data;
    int rank;
    Py_ssize_t *dims, *strides;
    PyObject *base, *dtype;
    int flags;
};
// A NumPy scalar: the number follows the object's head.
struct Number : PyObject {
    alignas(8) char data[16];
};
constexpr int TOGETHER = 0x1, ALIGNED = 0x100;

// NumPy's table of functions, at the places that its own headers give.
inline void **table;
inline PyTypeObject *array_type() { return static_cast<PyTypeObject *>(table[2]); }
inline PyObject *scalar(void *data, PyObject *dtype) {
    return reinterpret_cast<PyObject *(*)(void *, PyObject *, PyObject *)>(table[60])(data, dtype, nullptr);
}
inline PyObject *copy(Array *array) {
    return reinterpret_cast<PyObject *(*)(Array *, int)>(table[85])(array, 0);
}
constexpr int MOST_AXES = 64;

inline Array *empty(PyObject *dtype, int rank, const Py_ssize_t *dims) {
    Py_IncRef(dtype);  // the call takes it
    using Make = PyObject *(*)(PyTypeObject *, PyObject *, int, const Py_ssize_t *, const Py_ssize_t *, void *, int, PyObject *);
    return static_cast<Array *>(reinterpret_cast<Make>(table[94])(array_type(), dtype, rank, dims, nullptr, nullptr, 0, nullptr));
}

}  // namespace numpy
