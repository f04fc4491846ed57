package lsp

import (
	"net/url"
	"path"
	"strings"
)

// A location of a file has two forms: the URI by which the editor speaks of it,
// and the path by which it is read. Editors differ in how they write a URI
// (file:///c%3A/x, file:///C:/x), so files are known by their path, and spoken of by
// the URI under which the editor opened them.

// pathOf returns the path of a file: URI with slashes, or "" if it is no file of
// this machine, such as one that was never saved.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || !strings.EqualFold(u.Scheme, "file") || u.Path == "" {
		return ""
	}
	p := u.Path
	if drive(strings.TrimPrefix(p, "/")) {
		p = strings.ToUpper(p[1:2]) + p[2:]
	} else if u.Host != "" && !strings.EqualFold(u.Host, "localhost") {
		p = "//" + u.Host + p // a share: file://server/share/x
		return "/" + path.Clean(p[1:])
	}
	return path.Clean(p)
}

// drive reports whether a path begins with the letter of a drive: c:/x.
func drive(p string) bool {
	return len(p) >= 2 && p[1] == ':' && (p[0] >= 'a' && p[0] <= 'z' || p[0] >= 'A' && p[0] <= 'Z') && (len(p) == 2 || p[2] == '/')
}

// uriOf returns the URI of a path.
func uriOf(p string) string {
	u := url.URL{Scheme: "file", Path: p}
	if share, found := strings.CutPrefix(p, "//"); found {
		host, rest, _ := strings.Cut(share, "/")
		u.Host, u.Path = host, "/"+rest
	} else if !strings.HasPrefix(p, "/") {
		u.Path = "/" + p
	}
	return u.String()
}
