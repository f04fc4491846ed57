package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The log is in one of two places. As a file it has its seal and its snapshot beside it:
//
//	comity.db  comity.db.seal  comity.db.snapshot
//
// In a cluster it has an address, and whoever works on it keeps the two in a folder of
// its own, the state, which nobody else writes to:
//
//	esdb://one:2113,two:2113,three:2113/ofm     DIR/seal  DIR/snapshot  DIR/lock
//
// What is in the state can be had again from the log, all but one thing: the seal
// remembers what the log was.

// keep says where the office's log is: the path of a file, or an address. passwords is
// the file with the user and the password of an address that has none, or "", and state
// the folder, or "" for the usual one.
func (p *program) keep(log, passwords, state string) {
	if !isAddress(log) {
		p.log, p.address = log, ""
		return
	}
	p.log, p.address, p.passwords, p.state = nameOf(log), log, passwords, state
	if state == "" {
		p.state = usualState(p.log)
	}
}

// remote reports whether the log is in a cluster.
func (p *program) remote() bool { return p.address != "" }

// of returns a program like this one for a log that is a file.
func (p *program) of(path string) program {
	its := *p
	its.log, its.address = path, ""
	return its
}

// seal is where the seal of the log is kept.
func (p *program) seal() string {
	if p.remote() {
		return filepath.Join(p.state, "seal")
	}
	return sealPath(p.log)
}

// snapshot is where the snapshot of the log is kept.
func (p *program) snapshot() string {
	if p.remote() {
		return filepath.Join(p.state, "snapshot")
	}
	return snapshotPath(p.log)
}

// fileOnly refuses what makes no sense for a log in a cluster, and says what to do instead.
func (p *program) fileOnly(instead string) error {
	if !p.remote() {
		return nil
	}
	return badInput(fmt.Errorf("%s is the address of a cluster, and this works on a file: %s", p.log, instead))
}

// nameOf is an address as it may be shown: without who connects, and how.
func nameOf(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found || !isAddress(address) {
		return address
	}
	hosts, stream := hostsAndStream(rest)
	return scheme + "://" + hosts + "/" + stream
}

// hush leaves out of a text who connects, wherever it quotes an argument that looks like an
// address: one that nobody expected to be one is quoted as it was typed.
func (p *program) hush(text string) string {
	for _, arg := range p.args {
		before, rest, found := strings.Cut(arg, "://")
		if !found || !strings.Contains(rest, "@") {
			continue
		}
		hosts, stream := hostsAndStream(rest)
		for _, typed := range []string{arg, strings.Trim(strconv.Quote(arg), `"`)} {
			text = strings.ReplaceAll(text, typed, before+"://"+hosts+"/"+stream)
		}
	}
	return text
}

// usualStream is the stream of an address that names none.
const usualStream = "comity"

func hostsAndStream(rest string) (hosts, stream string) {
	rest, _, _ = strings.Cut(rest, "?")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	hosts, stream, _ = strings.Cut(rest, "/")
	return hosts, or(stream, usualStream)
}

// usualState is the folder of the state of whoever names none: one for every stream of
// every cluster, in whatever order its hosts are named. It is "" if the system has no
// place for such things.
func usualState(name string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(name, "://")
	hosts, stream := hostsAndStream(rest)
	all := strings.Split(strings.ToLower(hosts), ",")
	slices.Sort(all)
	sum := sha256.Sum256([]byte(strings.Join(all, ",") + "/" + stream))
	return filepath.Join(cache, "comity", stream+"-"+hex.EncodeToString(sum[:4]))
}

// mostPassword is how many bytes of a file of a password are read.
const mostPassword = 4 << 10

// withPassword puts the user and the password of a file into an address that has none.
func withPassword(address, file string) (string, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	before, _, named := strings.Cut(rest, "@")
	if file == "" {
		return address, nil
	}
	if named && !strings.ContainsAny(before, "/?") {
		return "", fmt.Errorf("%s: the address names a user, and log_password_file another: leave one out", nameOf(address))
	}
	info, err := os.Stat(file)
	if err == nil && info.Size() > mostPassword {
		err = fmt.Errorf("it has %d bytes, at most %d", info.Size(), mostPassword)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return "", fmt.Errorf("log_password_file %s: %w", file, because(err))
	}
	user, password, found := strings.Cut(strings.TrimRight(string(text), "\r\n"), ":")
	if !found || user == "" || password == "" || strings.ContainsAny(user+password, "\r\n") {
		return "", fmt.Errorf("log_password_file %s: %w", file, errors.New("it is not one line with a user, a colon and a password"))
	}
	who := strings.ReplaceAll(url.UserPassword(user, password).String(), ",", "%2C") // hosts are between commas
	return scheme + "://" + who + "@" + rest, nil
}

// misspelled refuses what looks like an address and is none. It would be taken for the path
// of a file that isn't there, and shown with the password in it.
func misspelled(log string) error {
	scheme, _, found := strings.Cut(log, ":")
	known := strings.EqualFold(scheme, "esdb") || strings.EqualFold(scheme, "esdb+discover")
	if isAddress(log) || !found || !known && !strings.Contains(log, "://") {
		return nil
	}
	return badInput(errors.New("the log is named by what looks like an address, and is none that comity knows: the address of a cluster begins with esdb:// or esdb+discover://, in small letters, and anything else is the path of a file"))
}

// noLog reports whether there is no file of a log. What is in a cluster is asked for.
func (p *program) noLog() bool {
	_, err := os.Stat(p.log)
	return !p.remote() && errors.Is(err, fs.ErrNotExist)
}
