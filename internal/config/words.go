package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/comity-project/comity/domain"
)

// variable is the name of a setting in the environment.
func variable(prefix, path string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(path))
}

// environment reads what variables set.
func (l *loader) environment(top reflect.Value, from Sources) {
	prefix := from.prefix()
	paths := map[string]string{} // of variables
	var sections []string
	for _, f := range fieldsOf(top.Type()) {
		if shapeOf(f.typ) == shapeSection {
			sections = append(sections, variable(prefix, f.name)+"_")
		}
	}
	for _, path := range wordPaths(top.Type(), "") {
		name := variable(prefix, path)
		if other, taken := paths[name]; taken {
			panic(fmt.Sprintf("settings %s and %s have one variable %s", other, path, name))
		}
		paths[name] = path
	}
	values := map[string]string{}
	for _, one := range from.Environ {
		name, value, _ := strings.Cut(one, "=")
		if strings.HasPrefix(name, prefix) && value != "" && !slices.Contains(from.Others, name) {
			values[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		path, known := paths[name]
		if !known {
			if slices.ContainsFunc(sections, func(s string) bool { return strings.HasPrefix(name, s) }) {
				l.mistake(clip(name), "", "there is no such setting%s", domain.DidYouMean(name, slices.Sorted(maps.Keys(paths))))
			}
			continue
		}
		l.put(top, path, name, values[name])
	}
}

func (s *Sources) prefix() string {
	if s.Prefix == "" {
		return "COMITY_"
	}
	return s.Prefix
}

// wordPaths lists the settings that one word can set: values, and lists of values.
func wordPaths(t reflect.Type, path string) []string {
	var out []string
	for _, f := range fieldsOf(t) {
		at := under(path, f.name)
		switch s := shapeOf(f.typ); {
		case s == shapeSection:
			out = append(out, wordPaths(f.typ, at)...)
		case s.plain(), s == shapeList && shapeOf(f.typ.Elem()).plain():
			out = append(out, at)
		}
	}
	return out
}

// word reads a word of the command line.
func (l *loader) word(top reflect.Value, word string) {
	path, value, found := strings.Cut(word, "=")
	if !found || path == "" {
		l.mistake("--set "+clip(path), "", "write a setting, = and its value, such as serve.listen=localhost:8080")
		return
	}
	l.put(top, path, "--set "+clip(path), value)
}

// put sets one value from a word.
func (l *loader) put(top reflect.Value, path, where, value string) {
	var f field
	err := set(top, &f, path, func(v reflect.Value) error { return fromWord(&f, v, value) })
	if nowhere, ok := errors.AsType[*noSetting](err); ok {
		l.mistake(where, "", "there is no such setting%s", domain.DidYouMean(nowhere.path, wordPaths(top.Type(), "")))
		return
	}
	if err != nil {
		said := path
		if strings.HasPrefix(where, "--set ") {
			said = "" // where says it
		}
		l.mistake(where, said, "%w", err)
		return
	}
	l.set(path, where)
}

// fromWord sets a value, or a list of values with commas between them.
func fromWord(f *field, v reflect.Value, text string) error {
	switch shapeOf(v.Type()) {
	case shapeSection:
		return errors.New("is a section: name a setting within it")
	case shapeMap:
		return errors.New("is a map: name one of its values")
	case shapeList:
		if !shapeOf(v.Type().Elem()).plain() {
			return errors.New("is a list of sections: write it in the file, or name a setting within one, such as [0].id")
		}
		var parts []string
		if text != "" {
			parts = strings.Split(text, ",")
		}
		made := reflect.MakeSlice(v.Type(), len(parts), len(parts))
		for i, part := range parts {
			part = strings.TrimSpace(part)
			if err := f.assign(made.Index(i), part); err != nil {
				return fmt.Errorf("%s%w", f.shown(part), err)
			}
		}
		v.Set(made)
		return nil
	default:
		if err := f.assign(v, text); err != nil {
			return fmt.Errorf("%s%w", f.shown(text), err)
		}
		return nil
	}
}

// A noSetting says that a path leads nowhere.
type noSetting struct{ path string }

func (n *noSetting) Error() string { return n.path + ": there is no such setting" }

// set finds what a path names within a value, has it set, and notes the field in f. Lists
// and maps on the way are copied, since the defaults may be shared; a list grows by one
// if the path names what comes after its end.
func set(v reflect.Value, f *field, path string, do func(reflect.Value) error) error {
	if path == "" {
		return do(v)
	}
	if rest, index := strings.CutPrefix(path, "["); index {
		return setIn(v, f, rest, do)
	}
	name, rest := path, ""
	if i := strings.IndexAny(path, ".["); i >= 0 {
		name, rest = path[:i], strings.TrimPrefix(path[i:], ".")
	}
	switch shapeOf(v.Type()) {
	case shapeSection:
		found, known := named(fieldsOf(v.Type()), name)
		if !known {
			return &noSetting{path}
		}
		*f = found
		return behind(name, set(v.Field(found.index), f, rest, do))
	case shapeMap:
		one := reflect.New(v.Type().Elem()).Elem()
		key := reflect.ValueOf(name).Convert(v.Type().Key())
		if have := v.MapIndex(key); have.IsValid() {
			one.Set(have)
		}
		if err := set(one, f, rest, do); err != nil {
			return behind(name, err)
		}
		made := reflect.MakeMap(v.Type())
		for k, have := range v.Seq2() {
			made.SetMapIndex(k, have)
		}
		made.SetMapIndex(key, one)
		v.Set(made)
		return nil
	default:
		return &noSetting{path}
	}
}

// setIn is set for a path that goes on with the place in a list.
func setIn(v reflect.Value, f *field, path string, do func(reflect.Value) error) error {
	number, rest, closed := strings.Cut(path, "]")
	i, err := strconv.Atoi(number)
	if !closed || err != nil || i < 0 || shapeOf(v.Type()) != shapeList {
		return &noSetting{"[" + path}
	}
	if i > v.Len() {
		return fmt.Errorf("there are %d in the list: the next is [%d]", v.Len(), v.Len())
	}
	made := reflect.MakeSlice(v.Type(), max(v.Len(), i+1), max(v.Len(), i+1))
	reflect.Copy(made, v)
	if err := set(made.Index(i), f, strings.TrimPrefix(rest, "."), do); err != nil {
		return behind("["+number+"]", err)
	}
	v.Set(made)
	return nil
}

// behind puts the name of what was gone through before a path that leads nowhere.
func behind(name string, err error) error {
	if nowhere, ok := err.(*noSetting); ok { //nolint:errorlint // it is never wrapped
		if strings.HasPrefix(nowhere.path, "[") {
			return &noSetting{name + nowhere.path}
		}
		return &noSetting{under(name, nowhere.path)}
	}
	return err
}
