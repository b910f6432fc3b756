// One compiled program as the entry calls it: its arguments, what it relies on outside itself, and what it answers.
#pragma once

#include "raised.hpp"
#include "reused.hpp"
#include "row.hpp"
#include "signature.hpp"

namespace entry {

// A global or a variable of an enclosing function that must still be the object it was.
struct Guard {
    Held home, name, value;
    bool holds() const {
        if (name.object != nullptr) return PyDict_GetItemWithError(home.object, name.object) == value.object;
        const Held now(PyCell_Get(home.object));
        return now.object == value.object;
    }
    [[gnu::cold]] int visit(Visit visit, void *with) const {
        if (const int stop = home.visit(visit, with)) return stop;
        if (const int stop = name.visit(visit, with)) return stop;
        return value.visit(visit, with);
    }
};

// An extent that a program was told from another; both are numbers, or symbols where they are below 0.
struct Apart {
    long long symbol = 0, other = 0;
};

// The objects that a call makes, given back at its end.
struct Values {
    const std::size_t count;
    PyObject *all[MOST];
    explicit Values(std::size_t size) : count(size) {
        for (std::size_t at = 0; at < count; ++at) all[at] = nullptr;
    }
    ~Values() {
        for (std::size_t at = 0; at < count; ++at) Py_DecRef(all[at]);
    }
    void put(std::size_t at, PyObject *object) {
        PyObject *const before = all[at];
        Py_IncRef(object);
        all[at] = object;
        Py_DecRef(before);
    }
};

// One of the values that a program makes, in its order: an array, a NumPy scalar or a number of Python's.
struct Made {
    Held dtype;  // None for a number of Python's
    char number = 0;
    Row<Py_ssize_t> dims;
    int same = -1;  // the leaf whose very object it is

    numpy::Array *array(const Call &call) const {
        Py_ssize_t extents[numpy::MOST_AXES];
        std::size_t count = 1;
        for (std::size_t at = 0; at < dims.size(); ++at) {
            extents[at] = dims[at] < 0 ? call.sizes[-1 - dims[at]] : dims[at];
            count *= std::size_t(extents[at]);
        }
        const numpy::Reusing memory(count >= numpy::LARGE);
        return numpy::empty(dtype.object, int(dims.size()), extents);
    }
    PyObject *box(Number *own) const {
        switch (number) {
            case 'b': return PyBool_FromLong(own->flag);
            case 'i': return PyLong_FromLongLong(own->whole);
            case 'f': return PyFloat_FromDouble(own->real);
            case 'c': return PyComplex_FromDoubles(own->parts[0], own->parts[1]);
            default: return numpy::scalar(own, dtype.object);
        }
    }
};

enum class Part { made, constant, leaf, tuple, list };

// The structure of the answer around the values that the program makes.
struct Answer {
    Part part = Part::constant;
    int index = 0;
    Held constant;
    Row<Answer> parts;

    Answer() = default;
    [[gnu::cold]] explicit Answer(PyObject *spec) {
        int part_ = 0;
        PyObject *value = nullptr, *more = nullptr;
        if (!PyArg_ParseTuple(spec, "iiOO", &part_, &index, &value, &more)) return;
        part = Part(part_);
        constant = Held::borrowed(value);
        parts = Row<Answer>(python::size(more));
        for (std::size_t at = 0; at < parts.size(); ++at) parts[at] = Answer(PyTuple_GetItem(more, Py_ssize_t(at)));
    }
    PyObject *build(PyObject *const *made, const Call &call) const {
        switch (part) {
            case Part::made: return Held::borrowed(made[index]).release();
            case Part::constant: return Held(constant).release();
            case Part::leaf: return Held::borrowed(call.objects[index]).release();
            case Part::tuple:
            case Part::list: break;
        }
        const bool tuple = part == Part::tuple;
        Held whole(tuple ? PyTuple_New(Py_ssize_t(parts.size())) : PyList_New(Py_ssize_t(parts.size())));
        for (std::size_t at = 0; whole.object != nullptr && at < parts.size(); ++at) {
            PyObject *one = parts[at].build(made, call);
            if (one == nullptr) return nullptr;
            if (tuple) PyTuple_SetItem(whole.object, Py_ssize_t(at), one);
            else PyList_SetItem(whole.object, Py_ssize_t(at), one);
        }
        return whole.release();
    }
    [[gnu::cold]] int visit(Visit visit, void *with) const {
        for (const Answer &one : parts)
            if (const int stop = one.visit(visit, with)) return stop;
        return constant.visit(visit, with);
    }
};

// What a program gives that leaves it to Python to say what it raises: the call is made there, from its beginning.
constexpr int AGAIN = 6;

class Program {
   public:
    int symbols = 0;  // how many extents the program takes as numbers after its arguments
    int holders = 1;  // callers that know it, and calls that run it; counted with the GIL held

    // Parsed from the tuple that signature.py makes; sets an exception where that is malformed.
    [[gnu::cold]] explicit Program(PyObject *spec) {
        long long address = 0;
        PyObject *given, *sizes, *outside, *changed_, *values, *failed_, *kept_;
        PyObject *structure;
        if (!PyArg_ParseTuple(spec, "LOOOOOOOO", &address, &given, &sizes, &outside, &changed_, &values, &structure, &failed_, &kept_))
            return;
        run_ = reinterpret_cast<Run>(address);
        arguments = Row<Argument>(python::size(given));
        for (std::size_t at = 0; at < arguments.size(); ++at)
            arguments[at] = Argument(PyTuple_GetItem(given, Py_ssize_t(at)));
        PyObject *told = nullptr;
        if (!PyArg_ParseTuple(sizes, "iO", &symbols, &told)) return;
        apart = Row<Apart>(python::size(told));
        for (std::size_t at = 0; at < apart.size(); ++at) {
            Apart &one = apart[at];
            if (!PyArg_ParseTuple(PyTuple_GetItem(told, Py_ssize_t(at)), "LL", &one.symbol, &one.other)) return;
        }
        guards = Row<Guard>(python::size(outside));
        for (std::size_t at = 0; at < guards.size(); ++at) {
            PyObject *home = nullptr, *name = nullptr, *value = nullptr;
            if (!PyArg_ParseTuple(PyTuple_GetItem(outside, Py_ssize_t(at)), "OOO", &home, &name, &value)) return;
            const bool cell = name == none();
            guards[at] = {Held::borrowed(home), cell ? Held() : Held::borrowed(name), Held::borrowed(value)};
        }
        made = Row<Made>(python::size(values));
        for (std::size_t at = 0; at < made.size(); ++at) {
            Made &one = made[at];
            PyObject *dtype = nullptr, *dims = nullptr;
            int number = 0;
            if (!PyArg_ParseTuple(PyTuple_GetItem(values, Py_ssize_t(at)), "CiOO", &number, &one.same, &dtype, &dims)) return;
            one.number = char(number);
            one.dtype = Held::borrowed(dtype);
            one.dims = Row<Py_ssize_t>(python::size(dims));
            for (std::size_t axis = 0; axis < one.dims.size(); ++axis)
                one.dims[axis] = PyLong_AsLongLong(PyTuple_GetItem(dims, Py_ssize_t(axis)));
        }
        answer = Answer(structure);
        changed = Held::borrowed(changed_);
        failed = Held::borrowed(failed_);
        kept = Held::borrowed(kept_);
    }

    // Whether the program is the one for these arguments, now. An exception may be set where it is not.
    bool takes(PyObject *const *given, Py_ssize_t count, Call &call) const {
        if (count != Py_ssize_t(arguments.size())) return false;
        for (int at = 0; at < symbols; ++at) call.sizes[at] = 0;
        for (Py_ssize_t at = 0; at < count; ++at)
            if (!arguments[std::size_t(at)].takes(given[at], call)) return false;
        for (const Apart &one : apart)
            if (call.sizes[-1 - one.symbol] == (one.other < 0 ? call.sizes[-1 - one.other] : one.other)) return false;
        for (int at = 0; at < symbols; ++at) call.given[call.leaves + at] = call.sizes + at;
        for (const Guard &one : guards)
            if (!one.holds()) return false;
        if (changed.object == none()) return true;
        const Held found(PyObject_CallNoArgs(changed.object));
        return found.object == none();
    }

    // Returns null without an exception where the call is to be made in Python.
    PyObject *run(const Call &call) const {
        Values values(made.size());
        void *targets[MOST];
        Number numbers[MOST];
        for (std::size_t at = 0; at < made.size(); ++at) {
            targets[at] = numbers + at;
            if (made[at].dims.empty()) continue;
            numpy::Array *array = made[at].array(call);
            if (array == nullptr) return nullptr;
            values.all[at] = array;
            targets[at] = array->data;
        }
        lantern::Raised raised{};
        if (const int code = run_(call.given, targets, &raised)) return fail(code, raised);
        for (std::size_t at = 0; at < made.size(); ++at) {
            if (made[at].dims.empty() && made[at].same < 0) values.all[at] = made[at].box(numbers + at);
            if (made[at].same >= 0) values.put(at, call.objects[made[at].same]);
            if (values.all[at] == nullptr) return nullptr;
        }
        return answer.build(values.all, call);
    }

    [[gnu::cold]] int visit(Visit visit, void *with) const {
        for (const Argument &one : arguments)
            if (const int stop = one.visit(visit, with)) return stop;
        for (const Guard &one : guards)
            if (const int stop = one.visit(visit, with)) return stop;
        if (const int stop = changed.visit(visit, with)) return stop;
        if (const int stop = failed.visit(visit, with)) return stop;
        if (const int stop = kept.visit(visit, with)) return stop;
        return answer.visit(visit, with);
    }

   private:
    using Run = int (*)(const void *const *, void *const *, lantern::Raised *);
    Run run_ = nullptr;
    Row<Argument> arguments;
    Row<Apart> apart;
    Row<Guard> guards;
    Held changed;  // asks in Python whether what the program relies on changed; None where the guards say it all
    Row<Made> made;
    Answer answer;
    Held failed, kept;

    static PyObject *none() { return &_Py_NoneStruct; }

    [[gnu::cold]] PyObject *fail(int code, const lantern::Raised &raised) const {
        if (PyErr_Occurred() != nullptr) return nullptr;  // Ctrl-C
        if (code == AGAIN) return nullptr;
        Held words(PyTuple_New(lantern::WORDS));
        for (Py_ssize_t at = 0; words.object != nullptr && at < lantern::WORDS; ++at)
            PyTuple_SetItem(words.object, at, PyLong_FromLongLong(raised.words[at]));
        if (words.object == nullptr) return nullptr;
        return PyObject_CallFunction(failed.object, "iLO", code, static_cast<long long>(raised.site), words.object);
    }
};

// A hold on a program: another thread may make its caller forget it while it runs.
class HeldProgram {
    Program *own;

   public:
    explicit HeldProgram(Program *made = nullptr) : own(made) {}
    HeldProgram(const HeldProgram &other) : own(other.own) {
        if (own != nullptr) ++own->holders;
    }
    HeldProgram &operator=(HeldProgram other) noexcept {
        swap(other);
        return *this;
    }
    ~HeldProgram() {
        if (own != nullptr && --own->holders == 0) delete own;
    }
    void swap(HeldProgram &other) {
        Program *const mine = own;
        own = other.own;
        other.own = mine;
    }
    const Program *operator->() const { return own; }
    bool operator==(const HeldProgram &other) const { return own == other.own; }
};

}  // namespace entry
