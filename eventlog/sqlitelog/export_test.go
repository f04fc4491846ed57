package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// FailCommit makes the next commit report an error: after it took place, or
// instead.
func (l *Log) FailCommit(written bool) {
	l.do(func(*sql.Conn) error {
		skip := true // the commit of this very request
		l.writer.faults = func(committed bool) error {
			if skip {
				skip = !committed
				return nil
			}
			if committed != written {
				return nil
			}
			l.writer.faults = func(bool) error { return nil }
			return errors.New("injected fault")
		}
		return nil
	})
}

// MaxPages bounds the file's pages; 0 asks for the number it has.
func (l *Log) MaxPages(n int) int {
	l.do(func(conn *sql.Conn) error {
		if n == 0 {
			return conn.QueryRowContext(context.Background(), "PRAGMA page_count").Scan(&n)
		}
		_, err := conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count(%d)", n))
		return err
	})
	return n
}

func (l *Log) do(work func(*sql.Conn) error) {
	r := &request{ctx: context.Background(), do: work, done: make(chan struct{})}
	l.submit(r)
	<-r.done
	if r.err != nil {
		panic(r.err)
	}
}

// Setting returns a setting of the connection that writes, after setting it
// to a value if there is one.
func (l *Log) Setting(name string, value ...any) (setting string) {
	l.do(func(conn *sql.Conn) error {
		for _, v := range value {
			if _, err := conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA %s(%v)", name, v)); err != nil {
				return err
			}
		}
		return conn.QueryRowContext(context.Background(), "PRAGMA "+name).Scan(&setting)
	})
	return setting
}

// HoldCommit stops the next commit just before it takes place. Of the
// channels returned the first is closed when that is so; closing the second
// lets it go on.
func (l *Log) HoldCommit() (held <-chan struct{}, release chan<- struct{}) {
	reached, goOn := make(chan struct{}), make(chan struct{})
	l.do(func(*sql.Conn) error {
		skip := true // the commit of this very request
		l.writer.faults = func(committed bool) error {
			switch {
			case skip:
				skip = !committed
			case !committed:
				l.writer.faults = func(bool) error { return nil }
				close(reached)
				<-goOn
			}
			return nil
		}
		return nil
	})
	return reached, goOn
}

// SetPieceBytes changes how much data one query reads.
func SetPieceBytes(n int) (before int) {
	before, pieceBytes = pieceBytes, n
	return before
}
