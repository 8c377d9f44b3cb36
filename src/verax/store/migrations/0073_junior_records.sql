-- Records of children's turns by age: what is older than was agreed to is removed.

CREATE INDEX turns_of_children ON turns (opened_ms) WHERE substr(user_id, 1, 6) = 'child_';
