"""The regional server (SRIR): which identities of different domains are one person. A machine links only what one INS, two
qualified identities and equal traits prove; everything else is proposed to a person, once."""
