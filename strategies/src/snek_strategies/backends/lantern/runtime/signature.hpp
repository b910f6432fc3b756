// What a program takes, checked against a call's arguments: their classes, dtypes, shapes and static values.
#pragma once

#include <cstring>

#include "python_abi.hpp"
#include "row.hpp"

namespace entry {

using python::Held;

constexpr int MOST = 64;  // leaves of a call, and results

union Number {
    bool flag;
    std::int64_t whole;
    double real;
    double parts[2];
};

// One call's arguments as the program takes them.
struct Call {
    int leaves = 0, copies = 0;
    const void *given[MOST];
    PyObject *objects[MOST];  // what each leaf was, held until the call ends
    PyObject *copied[MOST];
    Number numbers[MOST];
    Py_ssize_t sizes[MOST];  // the extents that a program does not know, 0 where none was met yet

    ~Call() {
        for (int at = 0; at < leaves; ++at) Py_DecRef(objects[at]);
        for (int at = 0; at < copies; ++at) Py_DecRef(copied[at]);
    }
    // Another thread may drop what a list holds while the program runs.
    void take(PyObject *object, const void *data) {
        Py_IncRef(object);
        objects[leaves] = object;
        given[leaves++] = data;
    }
    // Whether an extent is what arrays before it have for that symbol, of which the number is below 0.
    bool fits(Py_ssize_t symbol, Py_ssize_t extent) {
        Py_ssize_t &known = sizes[-1 - symbol];
        if (extent < 2 || (known != 0 && known != extent)) return false;
        known = extent;
        return true;
    }
    bool has(const PyObject *object) const {
        for (int at = 0; at < leaves; ++at)
            if (objects[at] == object) return true;
        return false;
    }
};

enum class Kind { array, scalar, marked, number, constant, tuple };

class Argument {
   public:
    Argument() = default;
    // Parsed from the tuple that signature.py makes; sets an exception where that is malformed.
    [[gnu::cold]] explicit Argument(PyObject *spec) {
        int kind_ = 0;
        PyObject *what_ = nullptr, *more = nullptr;
        if (!PyArg_ParseTuple(spec, "iOO", &kind_, &what_, &more)) return;
        kind = Kind(kind_);
        what = Held::borrowed(what_);
        const std::size_t count = python::size(more);
        if (kind == Kind::array) dims = Row<Py_ssize_t>(count);
        if (kind == Kind::tuple) parts = Row<Argument>(count);
        for (std::size_t at = 0; at < count; ++at) {
            PyObject *one = PyTuple_GetItem(more, Py_ssize_t(at));
            if (kind == Kind::array) dims[at] = PyLong_AsLongLong(one);
            else if (kind == Kind::tuple) parts[at] = Argument(one);
            else number = reinterpret_cast<PyTypeObject *>(one);
        }
    }

    // Whether a value is what the program takes here; puts its leaves into the call. An exception may be set.
    bool takes(PyObject *value, Call &call) const {
        switch (kind) {
            case Kind::array: return takes_array(value, call);
            case Kind::scalar:
                if (value->type != reinterpret_cast<PyTypeObject *>(what.object)) return false;
                call.take(value, static_cast<numpy::Number *>(value)->data);
                return true;
            case Kind::marked:
            case Kind::number: return takes_number(value, call);
            case Kind::constant: return is_same(value);
            case Kind::tuple: break;
        }
        if (value->type != &PyTuple_Type || PyTuple_Size(value) != Py_ssize_t(parts.size())) return false;
        for (std::size_t at = 0; at < parts.size(); ++at)
            if (!parts[at].takes(PyTuple_GetItem(value, Py_ssize_t(at)), call)) return false;
        return true;
    }

    [[gnu::cold]] int visit(Visit visit, void *with) const {
        for (const Argument &one : parts)
            if (const int stop = one.visit(visit, with)) return stop;
        return what.visit(visit, with);
    }

   private:
    Kind kind = Kind::constant;
    Held what;                       // dtype, class of a scalar or a mark, or value
    PyTypeObject *number = nullptr;  // the class of a number, in its mark or not
    Row<Py_ssize_t> dims;
    Row<Argument> parts;

    bool takes_array(PyObject *value, Call &call) const {
        if (value->type != numpy::array_type()) return false;
        auto *array = static_cast<numpy::Array *>(value);
        if (array->dtype != what.object || array->rank != int(dims.size())) return false;
        for (std::size_t at = 0; at < dims.size(); ++at)
            if (array->dims[at] != dims[at] && !(dims[at] < 0 && call.fits(dims[at], array->dims[at]))) return false;
        // One array under two names is another program: a store into one would be seen in the other.
        if (!dims.empty() && call.has(value)) return false;
        if ((array->flags & numpy::TOGETHER) == 0 || (array->flags & numpy::ALIGNED) == 0) {
            PyObject *copy = numpy::copy(array);
            if (copy == nullptr) return false;
            call.copied[call.copies++] = copy;
            array = static_cast<numpy::Array *>(copy);
        }
        call.take(value, array->data);
        return true;
    }

    bool takes_number(PyObject *value, Call &call) const {
        static PyObject *const name = PyUnicode_InternFromString("value");
        PyObject *inside = value;
        if (kind == Kind::marked) {
            if (value->type != reinterpret_cast<PyTypeObject *>(what.object)) return false;
            inside = PyObject_GetAttr(value, name);
            if (inside == nullptr) return false;
            Py_DecRef(inside);  // its mark holds it until the leaf does
        }
        if (inside->type != number) return false;
        Number &own = call.numbers[call.leaves];
        if (number == &PyFloat_Type) {
            own.real = PyFloat_AsDouble(inside);
        } else if (number == &PyLong_Type) {
            int overflow = 0;
            own.whole = PyLong_AsLongLongAndOverflow(inside, &overflow);
            if (overflow != 0) return false;  // said in Python
        } else if (number == &PyBool_Type) {
            own.flag = PyLong_AsLongLong(inside) != 0;
        } else {
            own.parts[0] = PyComplex_RealAsDouble(inside);
            own.parts[1] = PyComplex_ImagAsDouble(inside);
        }
        call.take(inside, &own);
        return true;
    }

    // Only values whose comparison runs no code of the user's are constants here.
    bool is_same(PyObject *value) const {
        if (value == what.object) return true;
        if (value->type != what.object->type) return false;
        if (value->type == &PyFloat_Type) {
            const double own = PyFloat_AsDouble(value), known = PyFloat_AsDouble(what.object);
            return std::memcmp(&own, &known, sizeof own) == 0;
        }
        if (value->type != &PyLong_Type && value->type != &PyUnicode_Type) return false;
        return PyObject_RichCompareBool(value, what.object, python::EQUAL) == 1;
    }
};

}  // namespace entry
