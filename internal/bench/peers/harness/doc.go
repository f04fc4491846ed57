// Package harness runs one engine on the shared workload and says what it
// measured. The program of a peer hands its rows to Main; what is to be done is
// given as words, as arguments or line by line on the standard input, and each is
// answered by one line of JSON:
//
//	load      compile the law of all States from its text
//	agree     answer 20,000 random questions, and compare with the reference
//	time      decide the 20,000 one after another, which is mostly waiting for memory
//	hot       decide the first 256 of them again and again, which is mostly work
//	parallel  decide on every processor
//	all       decide every privilege of every member
//	memory    what of the heap is live
//
// Nothing is timed before it agreed.
package harness
