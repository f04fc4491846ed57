package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/comity-project/comity/client"
)

// An office with Ana and Ben at the embassy of Arandia, for the examples.
func anOffice() *httptest.Server {
	s, err := serveOffice(context.Background())
	if err != nil {
		panic(err)
	}
	return httptest.NewServer(s)
}

func Example() {
	server := anOffice()
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	c, err := client.New(server.URL, client.Key("the-key"), client.UserAgent("clerk/1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"ana", "ben", "nobody"} {
		d, err := c.Ask(ctx, client.Question{Subject: name, Privilege: "imm.criminal", AsOf: "2025-02-01"})
		fmt.Println(name, "may be prosecuted:", !d.Permits()) // of an error, too: nothing is permitted
		for _, cond := range d.Conditions {
			fmt.Println("  immune only with", cond.Code, cond.State)
		}
		if err != nil {
			fmt.Println("  there is no answer:", client.CodeOf(err))
		}
	}
	// Output:
	// ana may be prosecuted: false
	// ben may be prosecuted: true
	//   immune only with official_acts_only unchecked
	// nobody may be prosecuted: true
	//   there is no answer: unknown
}

// A write has a key, and what was written is seen by whatever this client asks next.
func ExampleClient_Submit() {
	server := anOffice()
	defer server.Close()
	ctx := context.Background()
	c, err := client.New(server.URL, client.Key("the-key"), client.ReadYourWrites())
	if err != nil {
		fmt.Println(err)
		return
	}
	order := client.Submission{
		Key: "note 9/2025", // kept with the order, so that it can be sent again
		Events: []client.Event{{
			Type: "member.accredited", Subject: "member/dora", Effective: "2025-01-01", Authority: "note 9/2025",
			Payload: map[string]string{"mission": "arandia-embassy", "category": "dip.agent"},
		}},
	}
	for range 2 {
		receipt, err := c.Submit(ctx, order)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(receipt.Position, receipt.Repeated)
	}
	d, err := c.Ask(ctx, client.Question{Subject: "dora", Privilege: "imm.criminal"})
	fmt.Println(d.Permits(), err)
	// Output:
	// 7 false
	// 7 true
	// true <nil>
}

// What is wrong is a Problem, with a code of a closed list.
func ExampleProblem() {
	server := anOffice()
	defer server.Close()
	c, err := client.New(server.URL, client.Key("the-key"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Ask(context.Background(), client.Question{Subject: "ana", Privilege: "imm.criminel"})
	var p *client.Problem
	if errors.As(err, &p) {
		fmt.Println(p.Status, p.Code)
	}
	// Output: 404 unknown
}

// In the words of AuthZEN.
func ExampleClient_Evaluations() {
	server := anOffice()
	defer server.Close()
	c, err := client.New(server.URL, client.Key("the-key"))
	if err != nil {
		fmt.Println(err)
		return
	}
	about := client.Evaluation{
		Action:   &client.Action{Name: "imm.criminal"},
		Resource: &client.Entity{Type: "matter", ID: "25-118"},
	}
	all, err := c.Evaluations(context.Background(), about, client.ExecuteAll,
		client.Evaluation{Subject: &client.Entity{Type: "member", ID: "ana"}},
		client.Evaluation{Subject: &client.Entity{Type: "member", ID: "ben"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, one := range all {
		fmt.Println(one.Decision)
	}
	// Output:
	// true
	// false
}

// Being told of answers that change. The Token of the last change that was dealt with is
// kept, so that nothing is missed over a restart.
func ExampleClient_Answers() {
	server := anOffice()
	defer server.CloseClientConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := client.New(server.URL, client.Key("the-key"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for change, err := range c.Answers(ctx, client.Watching{Subjects: []string{"member/ana"}, Privileges: []string{"tax.sales"}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(change.Subject, change.Privilege, change.Permits())
		if !change.Initial {
			return
		}
		_, err := c.Submit(ctx, client.Submission{Events: []client.Event{{
			Type: "privilege.restricted", Subject: "member/ana", Effective: "2025-02-01", Authority: "note 10",
			Payload: map[string]any{"privileges": []string{"tax.sales"}, "level": "withdrawn"},
		}}})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// member/ana tax.sales true
	// member/ana tax.sales false
}
