package esdbtest

import (
	"context"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
)

// A gossiper tells who is in the cluster. The addresses it gives are those of the
// door that was asked at.
type gossiper struct {
	gossip.UnimplementedGossipServer
	node *node
}

func (g *gossiper) Read(context.Context, *shared.Empty) (*gossip.ClusterInfo, error) {
	c := g.node.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Gossips++
	info := &gossip.ClusterInfo{}
	for i, m := range c.members {
		state := gossip.MemberInfo_Follower
		switch {
		case m.replica && c.leader < 0:
			state = gossip.MemberInfo_ReadOnlyLeaderless
		case m.replica:
			state = gossip.MemberInfo_ReadOnlyReplica
		case c.leader == i:
			state = gossip.MemberInfo_Leader
		case c.leader < 0:
			state = gossip.MemberInfo_Unknown
		}
		info.Members = append(info.Members, &gossip.MemberInfo{
			InstanceId:   wireID(m.id),
			TimeStamp:    time.Now().UnixNano() / 100,
			State:        state,
			IsAlive:      m.alive && !m.paused,
			HttpEndPoint: &gossip.EndPoint{Address: "127.0.0.1", Port: uint32(c.ports[g.node.door][i])},
		})
	}
	return info, nil
}

// GetSupportedMethods tells what the double can do, of what the server can.
func (n *node) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	methods := &serverfeatures.SupportedMethods{EventStoreServerVersion: n.c.version}
	for _, name := range []string{"read", "append", "delete", "tombstone"} {
		methods.Methods = append(methods.Methods, &serverfeatures.SupportedMethod{
			MethodName: name, ServiceName: "event_store.client.streams.streams",
		})
	}
	return methods, nil
}
