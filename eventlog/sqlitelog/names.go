package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// errNoSubject is returned for a number that the file gives to nobody.
var errNoSubject = errors.New("no subject has the number")

// names remembers the names of subjects. They are numbered from 1 and never
// change, so that whatever has been read stays true.
type names struct {
	mu    sync.RWMutex
	known []string // mu; of number i+1
}

// manyNames is how many names are not loaded for the sake of a few records.
const manyNames = 1000

// of returns the name of a subject. Few says that only a few are wanted: then they
// are not all loaded, if there are many that are not.
func (n *names) of(ctx context.Context, db *sql.DB, number int64, few bool) (string, error) {
	name, ok, loaded := n.lookUp(number)
	if ok {
		return name, nil
	}
	if few && number > loaded+manyNames {
		return n.one(ctx, db, number)
	}
	if err := n.load(ctx, db, number); err != nil {
		return "", err
	}
	if name, ok, _ = n.lookUp(number); !ok {
		return "", fmt.Errorf("%w %d", errNoSubject, number)
	}
	return name, nil
}

func (n *names) lookUp(number int64) (name string, found bool, loaded int64) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	loaded = int64(len(n.known))
	if number < 1 || number > loaded {
		return "", false, loaded
	}
	return n.known[number-1], true, loaded
}

// one reads one name.
func (n *names) one(ctx context.Context, db *sql.DB, number int64) (string, error) {
	var name sql.NullString // not NULL unless the file is damaged
	err := db.QueryRowContext(ctx, "SELECT name FROM subjects WHERE number = ?", number).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !name.Valid {
		return "", fmt.Errorf("%w %d", errNoSubject, number)
	}
	return name.String, err
}

// load reads the names that the file has and n has not, if that may help.
func (n *names) load(ctx context.Context, db *sql.DB, number int64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if number < 1 || number <= int64(len(n.known)) {
		return nil
	}
	rows, err := db.QueryContext(ctx, "SELECT number, name FROM subjects WHERE number > ? ORDER BY number", len(n.known))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var next int64
		var name sql.NullString // not NULL unless the file is damaged
		if err := rows.Scan(&next, &name); err != nil {
			return err
		}
		if next != int64(len(n.known))+1 || !name.Valid {
			return fmt.Errorf("%w %d", errNoSubject, len(n.known)+1)
		}
		n.known = append(n.known, name.String)
	}
	return rows.Err()
}
