package esdbtest

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"

	"google.golang.org/grpc/codes"
	grpcmeta "google.golang.org/grpc/metadata"
)

// What the lists of a stream's metadata are about.
const (
	toRead   = "$r"
	toWrite  = "$w"
	toDelete = "$d"
)

// ofMetadata is the list about the metadata of a stream.
var ofMetadata = map[string]string{toRead: "$mr", toWrite: "$mw", toDelete: "$mw"}

// Users lets nobody in but those named, with their passwords. As the client sends
// no password in the clear, the nodes speak TLS then: see [Secure]. The user admin
// may do everything, others what the $acl of a stream's metadata says; streams of
// the server, and that of all events, are for admin only.
func Users(passwords map[string]string) Option {
	return func(c *Cluster) {
		Secure()(c)
		c.users = passwords
	}
}

// AddressAs is [Cluster.Address] for a user.
func (c *Cluster) AddressAs(user, stream string) string {
	credentials := url.UserPassword(user, c.users[user])
	return strings.Replace(c.Address(stream), "://", "://"+credentials.String()+"@", 1)
}

// allow says whether who calls may do what he wants with a stream.
func (n *node) allow(ctx context.Context, stream, list string) error {
	if n.c.users == nil {
		return nil
	}
	user, ok := n.caller(ctx)
	if !ok {
		return refuse(ctx, codes.Unauthenticated, "Unauthenticated")
	}
	if user == "" { // nobody is somebody too, but may do nothing with streams
		return denied(ctx)
	}
	if isMetadata(stream) {
		stream, list = strings.TrimPrefix(stream, "$$"), ofMetadata[list]
	}
	n.c.mu.Lock()
	meta := n.c.store.view().look(stream).meta
	n.c.mu.Unlock()
	if user != "admin" && strings.HasPrefix(stream, "$") || !meta.allows(user, list) {
		return denied(ctx)
	}
	return nil
}

// caller is the user a call is made as, if he proves it; "" for a call that names none.
func (n *node) caller(ctx context.Context) (string, bool) {
	md, _ := grpcmeta.FromIncomingContext(ctx)
	if len(md.Get("authorization")) == 0 {
		return "", true
	}
	for _, header := range md.Get("authorization") {
		encoded, basic := strings.CutPrefix(header, "Basic ")
		plain, err := base64.StdEncoding.DecodeString(encoded)
		if !basic || err != nil {
			continue
		}
		user, password, _ := strings.Cut(string(plain), ":")
		if known, ok := n.c.users[user]; ok && known == password {
			return user, true
		}
	}
	return "", false
}
